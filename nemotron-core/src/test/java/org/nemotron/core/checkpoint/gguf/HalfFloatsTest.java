package org.nemotron.core.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class HalfFloatsTest {
  @Test
  void toFloat_everyHalf_isWhatItsDefinitionSays() {
    for (int bits = 0; bits <= 0xFFFF; bits++) {
      assertThat(Float.compare(HalfFloats.toFloat((short) bits), defined(bits)))
          .as("%x", bits)
          .isZero();
    }
  }

  private static float defined(int bits) {
    int sign = bits >> 15 == 0 ? 1 : -1;
    int exponent = bits >> 10 & 0x1F;
    int fraction = bits & 0x3FF;
    if (exponent == 0x1F) {
      return fraction == 0 ? sign * Float.POSITIVE_INFINITY : Float.NaN;
    }
    double magnitude =
        exponent == 0 ? fraction * 0x1p-24 : (1 + fraction / 1024.0) * Math.pow(2, exponent - 15);
    return sign * (float) magnitude;
  }

  @Test
  void of_whatToFloatGives_isTheSameHalf() {
    for (int bits = 0; bits <= 0xFFFF; bits++) {
      float value = HalfFloats.toFloat((short) bits);
      if (Float.isFinite(value)) {
        assertThat(HalfFloats.of(value)).isEqualTo((short) bits);
      }
    }
  }
}
