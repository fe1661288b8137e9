package org.nemotron.runtime.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.LocalDateTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DateTextTest {
  private static final LocalDateTime DATE = LocalDateTime.of(2026, 2, 3, 17, 8, 9);

  @ParameterizedTest
  @CsvSource({
    "%d %b %Y,03 Feb 2026",
    "%A %B %j,Tuesday February 034",
    "%H:%M:%S %I %p %y-%m %%,17:08:09 05 PM 26-02 %",
    "%-d.%-m.%Y,3.2.2026",
    "%F %T,2026-02-03 17:08:09",
    "[%e]%w%u%Z,[ 3]22",
    "on %a,on Tue"
  })
  void format_strftimeCodes_areThoseOfPython(String format, String expected) {
    assertThat(DateText.format(DATE, format)).isEqualTo(expected);
  }

  @Test
  void format_otherCode_isRefusedByName() {
    assertThatThrownBy(() -> DateText.format(DATE, "%U"))
        .isInstanceOf(JinjaException.class)
        .hasMessage("the code %U of strftime_now is not known here");
  }
}
