package org.nemotron.core.backend.cuda;

/**
 * 8-bit floats (e4m3, without infinities) by their definition: sign, 4 bits of exponent, 3 of
 * fraction.
 */
final class PlainEightBits {
  static final int NOT_A_NUMBER = 0x7f;

  private static final int BIAS = 7;

  private PlainEightBits() {}

  /** Returns what {@code code} stands for. */
  static float decoded(int code) {
    int exponent = code >> 3 & 15;
    int fraction = code & 7;
    if ((code & NOT_A_NUMBER) == NOT_A_NUMBER) {
      return Float.NaN;
    }
    double size =
        exponent == 0
            ? Math.scalb(fraction / 8.0, 1 - BIAS)
            : Math.scalb(1 + fraction / 8.0, exponent - BIAS);
    return (float) (code > NOT_A_NUMBER ? -size : size);
  }

  /**
   * Returns the code of the nearest number, the even one of two; the largest for what is larger.
   */
  static int encoded(float value) {
    int sign = Float.floatToRawIntBits(value) >>> 24 & 0x80;
    float size = Math.abs(value);
    int best = 0;
    for (int code = 1; code < NOT_A_NUMBER; code++) {
      double gap = Math.abs((double) decoded(code) - size);
      double least = Math.abs((double) decoded(best) - size);
      if (gap < least || (gap == least && code % 2 == 0)) {
        best = code;
      }
    }
    return sign | best;
  }
}
