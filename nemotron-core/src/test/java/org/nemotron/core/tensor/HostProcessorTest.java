package org.nemotron.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class HostProcessorTest {
  @Test
  void model_linesOfLinux_isTheFirstName() {
    assertThat(
            HostProcessor.model(
                List.of(
                    "processor\t: 0",
                    "model name\t: Intel(R) Xeon(R)   Platinum 8481C",
                    "model name\t: another")))
        .isEqualTo("Intel(R) Xeon(R) Platinum 8481C");
  }

  @Test
  void model_noneNamed_isTheArchitecture() {
    assertThat(HostProcessor.model(List.of("CPU part\t: 0xd40")))
        .isEqualTo(System.getProperty("os.arch"));
    assertThat(HostProcessor.model(List.of("model name\t:  ")))
        .isEqualTo(System.getProperty("os.arch"));
  }

  @Test
  void model_thisMachine_isNamed() {
    assertThat(HostProcessor.model()).isNotBlank();
  }
}
