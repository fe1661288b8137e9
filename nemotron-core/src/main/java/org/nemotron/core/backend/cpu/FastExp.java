package org.nemotron.core.backend.cpu;

/** The exponential function for softmax and SiLU: within 2e-7 of the true value, relative. */
final class FastExp {
  /*
   * x = n ln 2 + r with |r| <= ln(2)/2; exp(r) by its Taylor polynomial of degree 7, whose rest is
   * under 1e-8; 2^n by the exponent bits. Adding 1.5 * 2^23 rounds to the nearest integer.
   */
  private static final float LOG2_E = (float) (1 / Math.log(2));
  private static final float LN2_HIGH = (float) 0.693359375;
  private static final float LN2_LOW = (float) (Math.log(2) - 0.693359375);
  private static final float ROUNDER = 12582912f;
  private static final float LEAST = -87f;
  private static final float LARGEST = 88f;

  private FastExp() {}

  /** Returns e to the power of {@code x}; 0 below -87, its value at 88 above. */
  static float of(float x) {
    if (!(x >= LEAST)) {
      return x < LEAST ? 0f : Float.NaN;
    }
    float clipped = Math.min(x, LARGEST);
    float n = clipped * LOG2_E + ROUNDER - ROUNDER;
    float r = clipped - n * LN2_HIGH - n * LN2_LOW;
    float p = 1f / 5040f;
    p = p * r + 1f / 720f;
    p = p * r + 1f / 120f;
    p = p * r + 1f / 24f;
    p = p * r + 1f / 6f;
    p = p * r + 0.5f;
    p = p * r + 1f;
    p = p * r + 1f;
    return p * Float.intBitsToFloat(((int) n + 127) << 23);
  }

  /**
   * Computes the polynomials of values, and their exponents in the low bits of {@code shifted}; of
   * those out of range, nothing of use.
   */
  static void prepare(float[] x, float[] polynomials, float[] shifted, int from, int to) {
    for (int i = from; i < to; i++) {
      float t = x[i] * LOG2_E + ROUNDER;
      float n = t - ROUNDER;
      float r = x[i] - n * LN2_HIGH - n * LN2_LOW;
      float p = 1f / 5040f;
      p = p * r + 1f / 720f;
      p = p * r + 1f / 120f;
      p = p * r + 1f / 24f;
      p = p * r + 1f / 6f;
      p = p * r + 0.5f;
      p = p * r + 1f;
      p = p * r + 1f;
      polynomials[i] = p;
      shifted[i] = t;
    }
  }

  /** Replaces values by their exponentials, after {@link #prepare}. */
  static void finish(float[] x, float[] polynomials, float[] shifted, int from, int to) {
    for (int i = from; i < to; i++) {
      boolean inRange = x[i] >= LEAST && x[i] <= LARGEST;
      // The bits of ROUNDER leave by the left; those of the exponent remain.
      int power = (Float.floatToRawIntBits(shifted[i]) << 23) + (127 << 23);
      x[i] = inRange ? polynomials[i] * Float.intBitsToFloat(power) : of(x[i]);
    }
  }
}
