package org.nemotron.core.backend.cpu;

/** The exponential function for softmax and SiLU: within 2e-7 of the true value, relative. */
final class FastExp {
  /*
   * x = n ln 2 + r with |r| <= ln(2)/2; exp(r) by its Taylor polynomial of degree 7, whose rest is
   * under 1e-8; 2^n by the exponent bits. Adding 1.5 * 2^23 rounds to the nearest integer, which
   * the low bits of the sum then are. n is -127 at least, whose bits, shifted, are those of zero.
   */
  private static final float LOG2_E = (float) (1 / Math.log(2));
  private static final float LN2_HIGH = (float) 0.693359375;
  private static final float LN2_LOW = (float) (Math.log(2) - 0.693359375);
  private static final float ROUNDER = 12582912f;
  private static final float LEAST = -88f;
  private static final float LARGEST = 88f;
  private static final int EXPONENT_BITS = 23;
  private static final int EXPONENT_BIAS = 127;

  private FastExp() {}

  /** Returns e to the power of {@code x}; 0 below -87.7, its value at 88 above. */
  static float of(float x) {
    float clipped = Math.min(Math.max(x, LEAST), LARGEST);
    float shifted = clipped * LOG2_E + ROUNDER;
    return polynomial(clipped, shifted)
        * Float.intBitsToFloat(power(Float.floatToRawIntBits(shifted)));
  }

  private static float polynomial(float clipped, float shifted) {
    float n = shifted - ROUNDER;
    float r = clipped - n * LN2_HIGH - n * LN2_LOW;
    float p = 1f / 5040f;
    p = p * r + 1f / 720f;
    p = p * r + 1f / 120f;
    p = p * r + 1f / 24f;
    p = p * r + 1f / 6f;
    p = p * r + 0.5f;
    p = p * r + 1f;
    return p * r + 1f;
  }

  /** The bits of ROUNDER leave by the left; those of the exponent remain. */
  private static int power(int shiftedBits) {
    return (shiftedBits << EXPONENT_BITS) + (EXPONENT_BIAS << EXPONENT_BITS);
  }

  /** Computes the polynomials of values, and their exponents in the low bits of {@code shifted}. */
  static void prepare(float[] x, float[] polynomials, float[] shifted, int from, int to) {
    for (int i = from; i < to; i++) {
      float clipped = Math.min(Math.max(x[i], LEAST), LARGEST);
      float t = clipped * LOG2_E + ROUNDER;
      polynomials[i] = polynomial(clipped, t);
      shifted[i] = t;
    }
  }

  /** Replaces the bits of what {@link #prepare} shifted by those of powers of two. */
  static void powers(int[] bits, int from, int to) {
    for (int i = from; i < to; i++) {
      bits[i] = power(bits[i]);
    }
  }

  /** Sets values to the products of their polynomials and powers of two. */
  static void finish(float[] x, float[] polynomials, float[] powers, int from, int to) {
    for (int i = from; i < to; i++) {
      x[i] = polynomials[i] * powers[i];
    }
  }
}
