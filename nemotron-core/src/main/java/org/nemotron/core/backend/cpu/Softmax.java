package org.nemotron.core.backend.cpu;

/**
 * Exponentials of a row of scores, for softmax: those of {@link FastExp} to within rounding, in
 * loops that the virtual machine vectorizes. Used by one thread at a time.
 */
final class Softmax {
  /*
   * x = n ln 2 + r as in FastExp. The first loop, of multiplications and additions alone, computes
   * exp(r) and leaves n, biased by ROUNDER, in a second array; the other loop multiplies by 2^n,
   * for which no vector instruction is used by Java 17, and adds up. The bits of ROUNDER + n are
   * those of ROUNDER, plus n.
   */
  private static final float LOG2_E = (float) (1 / Math.log(2));
  private static final float LN2_HIGH = (float) 0.693359375;
  private static final float LN2_LOW = (float) (Math.log(2) - 0.693359375);
  private static final float ROUNDER = 12582912f;
  private static final int ROUNDER_BITS = Float.floatToRawIntBits(ROUNDER);
  private static final int EXPONENT_BIAS = 127;

  private float[] exponents = new float[0];

  /**
   * Replaces each score by {@code exp(score - largest)}, 0 where that is under 2^-126, and returns
   * the sum, added up in four lanes.
   *
   * @return NaN if a score is NaN or the largest infinite
   */
  float exponentials(float[] scores, int length) {
    if (exponents.length < length) {
      exponents = new float[Math.max(length, 2 * exponents.length)];
    }
    fractions(scores, exponents, largest(scores, length), length);
    return scale(scores, exponents, length);
  }

  /** Returns the largest, or NaN, or one of several where NaN is among them. */
  private static float largest(float[] values, int length) {
    float a = values[0];
    float b = a;
    float c = a;
    float d = a;
    int even = length / 4 * 4;
    for (int i = 0; i < even; i += 4) {
      a = values[i] > a ? values[i] : a;
      b = values[i + 1] > b ? values[i + 1] : b;
      c = values[i + 2] > c ? values[i + 2] : c;
      d = values[i + 3] > d ? values[i + 3] : d;
    }
    for (int i = even; i < length; i++) {
      a = values[i] > a ? values[i] : a;
    }
    return Math.max(Math.max(a, b), Math.max(c, d));
  }

  private static void fractions(float[] values, float[] exponents, float largest, int length) {
    for (int i = 0; i < length; i++) {
      float x = values[i] - largest;
      float biased = FusedMultiplyAdd.of(x, LOG2_E, ROUNDER);
      float n = biased - ROUNDER;
      float r = FusedMultiplyAdd.of(n, -LN2_LOW, FusedMultiplyAdd.of(n, -LN2_HIGH, x));
      float p = FusedMultiplyAdd.of(1f / 5040f, r, 1f / 720f);
      p = FusedMultiplyAdd.of(p, r, 1f / 120f);
      p = FusedMultiplyAdd.of(p, r, 1f / 24f);
      p = FusedMultiplyAdd.of(p, r, 1f / 6f);
      p = FusedMultiplyAdd.of(p, r, 0.5f);
      p = FusedMultiplyAdd.of(p, r, 1f);
      values[i] = FusedMultiplyAdd.of(p, r, 1f);
      exponents[i] = biased;
    }
  }

  private static float scale(float[] values, float[] exponents, int length) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    int even = length / 4 * 4;
    for (int i = 0; i < even; i += 4) {
      values[i] = scaled(values[i], exponents[i]);
      values[i + 1] = scaled(values[i + 1], exponents[i + 1]);
      values[i + 2] = scaled(values[i + 2], exponents[i + 2]);
      values[i + 3] = scaled(values[i + 3], exponents[i + 3]);
      a += values[i];
      b += values[i + 1];
      c += values[i + 2];
      d += values[i + 3];
    }
    for (int i = even; i < length; i++) {
      values[i] = scaled(values[i], exponents[i]);
      a += values[i];
    }
    return a + b + (c + d);
  }

  private static float scaled(float fraction, float biased) {
    if (biased <= ROUNDER - EXPONENT_BIAS) {
      return 0;
    }
    int exponent = Float.floatToRawIntBits(biased) - ROUNDER_BITS + EXPONENT_BIAS;
    return fraction * Float.intBitsToFloat(exponent << 23);
  }
}
