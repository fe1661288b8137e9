package org.nemotron.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import org.junit.jupiter.api.Test;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.Device;

final class FormatProbeTest {
  private static ImmutableMap<WeightFormat, FormatProbe.Times> times(
      long halfOne, long halfMany, long bfloatOne, long bfloatMany) {
    return ImmutableMap.of(
        WeightFormat.FLOAT16,
        new FormatProbe.Times(halfOne, halfMany),
        WeightFormat.FLOAT32,
        new FormatProbe.Times(100, 200),
        WeightFormat.BFLOAT16,
        new FormatProbe.Times(bfloatOne, bfloatMany));
  }

  @Test
  void choose_noneIsClearlyFaster_isTheFirst() {
    assertThat(FormatProbe.choose(times(100, 100, 70, 70))).isEqualTo(WeightFormat.FLOAT16);
  }

  @Test
  void choose_oneIsFasterForManyRowsAlone_isTheFirst() {
    assertThat(FormatProbe.choose(times(100, 100, 70, 10))).isEqualTo(WeightFormat.FLOAT16);
    assertThat(FormatProbe.choose(times(100, 100, 10, 70))).isEqualTo(WeightFormat.FLOAT16);
  }

  @Test
  void choose_oneIsClearlyFaster_isThat() {
    assertThat(FormatProbe.choose(times(150, 150, 100, 100))).isEqualTo(WeightFormat.BFLOAT16);
  }

  @Test
  void choose_severalAreClearlyFaster_isTheFastestForManyRows() {
    assertThat(FormatProbe.choose(times(900, 900, 100, 300))).isEqualTo(WeightFormat.FLOAT32);
    assertThat(FormatProbe.choose(times(900, 900, 100, 199))).isEqualTo(WeightFormat.BFLOAT16);
  }

  @Test
  void measure_thisProcessor_hasTheFormatsThatItMultiplies() {
    ImmutableMap<WeightFormat, FormatProbe.Times> measured = FormatProbe.measure();
    assertThat(measured.keySet()).contains(WeightFormat.FLOAT32, WeightFormat.BFLOAT16);
    assertThat(measured.containsKey(WeightFormat.FLOAT16)).isEqualTo(Fp16Gemm.supported());
    assertThat(measured.values()).allMatch(times -> times.oneRow() > 0 && times.manyRows() > 0);
    assertThat(measured).containsKey(Backends.bestFormat(Device.CPU));
  }

  @Test
  void bestFormat_askedAgain_isTheSame() {
    assertThat(Backends.bestFormat(Device.CPU)).isEqualTo(Backends.bestFormat(Device.CPU));
  }
}
