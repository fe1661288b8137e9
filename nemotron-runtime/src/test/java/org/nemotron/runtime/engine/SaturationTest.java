package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SaturationTest {
  @Test
  void warning_nothingTooLarge_isNone() {
    assertThat(Saturation.warning(0)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"1, 1 element", "37, 37 elements", "4294967295, 4294967295 elements"})
  void warning_someTooLarge_countsThemAndNamesTheSetting(long count, String counted) {
    assertThat(Saturation.warning(count))
        .hasValue(
            counted
                + " of the KV cache exceeded its 8-bit floats, and took the largest of them.\n"
                + "Maybe kvFormat (USUAL) serves this model better.");
  }
}
