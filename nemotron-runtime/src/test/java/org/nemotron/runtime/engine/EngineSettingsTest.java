package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.Device;

final class EngineSettingsTest {
  @Test
  void weights_eightBitsOnTheCpu_isRefused() {
    EngineSettings.Builder settings = EngineSettings.builder();
    assertThatThrownBy(() -> settings.weights(WeightFormat.FLOAT8_E4M3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("weights (FLOAT8_E4M3) must be one of FLOAT32, FLOAT16, BFLOAT16 on cpu");
  }

  @Test
  void weights_halfPrecisionOnAGpu_isRefused() {
    EngineSettings.Builder settings = EngineSettings.builder().device(Device.parse("cuda:1"));
    assertThatThrownBy(() -> settings.weights(WeightFormat.FLOAT16))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("weights (FLOAT16) must be one of BFLOAT16, FLOAT8_E4M3 on cuda:1");
  }

  @Test
  void kvFormat_eightBitsOnTheCpu_isRefused() {
    EngineSettings.Builder settings = EngineSettings.builder();
    assertThatThrownBy(() -> settings.kvFormat(KvFormat.FLOAT8_E4M3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("kvFormat (FLOAT8_E4M3) must be USUAL on cpu");
  }

  @Test
  void weights_eightBitsOnAGpu_isTaken() {
    EngineSettings settings =
        EngineSettings.builder()
            .device(Device.parse("cuda"))
            .weights(WeightFormat.FLOAT8_E4M3)
            .kvFormat(KvFormat.FLOAT8_E4M3)
            .build();
    assertThat(settings.kvFormat()).isEqualTo(KvFormat.FLOAT8_E4M3);
    assertThat(settings.weights()).isEqualTo(WeightFormat.FLOAT8_E4M3);
  }
}
