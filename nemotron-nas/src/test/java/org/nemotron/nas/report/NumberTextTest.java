package org.nemotron.nas.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;

final class NumberTextTest {
  @Test
  void count_magnitudes_takeThreeDigitsAndAUnit() {
    assertThat(NumberText.count(999)).isEqualTo("999");
    assertThat(NumberText.count(7_081_216)).isEqualTo("7.08 M");
    assertThat(NumberText.count(999_700)).isEqualTo("1.00 M");
    assertThat(NumberText.count(70_553_706_496L)).isEqualTo("70.6 B");
  }

  @Test
  void bytes_magnitudes_takeThreeDigitsAndAUnit() {
    assertThat(NumberText.bytes(999)).isEqualTo("999 B");
    assertThat(NumberText.bytes(1_024)).isEqualTo("1.00 KiB");
    assertThat(NumberText.bytes(14_162_432)).isEqualTo("13.5 MiB");
    assertThat(NumberText.bytes(1_023L << 20)).isEqualTo("1.00 GiB");
    assertThat(NumberText.bytes(80L << 30)).isEqualTo("80.0 GiB");
  }

  @Test
  void change_signs_areWrittenOut() {
    assertThat(NumberText.change(100, 66)).isEqualTo("−34.0 %");
    assertThat(NumberText.change(100, 103.1)).isEqualTo("+3.1 %");
    assertThat(NumberText.change(100, 99.99)).isEqualTo("±0.0 %");
    assertThat(NumberText.change(0, 0)).isEqualTo("±0.0 %");
  }

  @Test
  void seconds_magnitudes_changeTheirUnit() {
    assertThat(NumberText.seconds(0.42)).isEqualTo("0.42 s");
    assertThat(NumberText.seconds(59.96)).isEqualTo("1 min 0 s");
    assertThat(NumberText.seconds(133.2)).isEqualTo("2 min 13 s");
    assertThat(NumberText.seconds(7_260)).isEqualTo("2 h 1 min");
  }

  @Test
  void tick_values_keepOnlyTheDigitsTheyNeed() {
    assertThat(NumberText.tick(0)).isEqualTo("0");
    assertThat(NumberText.tick(0.30000000000000004)).isEqualTo("0.3");
    assertThat(NumberText.tick(2_500)).isEqualTo("2,500");
    assertThat(NumberText.tick(0.0001)).isEqualTo("1e-4");
  }

  @Test
  void rate_germanLocale_readsTheSame() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      assertThat(NumberText.rate(2_288.4)).isEqualTo("2,288");
      assertThat(NumberText.percent(0.968)).isEqualTo("96.8 %");
    } finally {
      Locale.setDefault(before);
    }
  }
}
