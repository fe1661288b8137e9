package org.nemotron.core.backend.cpu;

import java.util.Arrays;

/**
 * {@link FastExp} of many values, to the same bits: the polynomial in a loop that the JIT compiler
 * makes vector instructions of, the powers of two in another, since it has none for the bits of
 * floats.
 *
 * <p>Used by one thread at a time.
 */
public final class FastExps {
  private float[] values = new float[0];
  private float[] polynomials = new float[0];
  private float[] shifted = new float[0];

  /** Begins without room, which grows. */
  public FastExps() {}

  /** Replaces {@code values[from]} to {@code values[to - 1]} by their exponentials. */
  public void apply(float[] values, int from, int to) {
    if (polynomials.length < to) {
      polynomials = new float[Math.max(to, 2 * polynomials.length)];
      shifted = new float[polynomials.length];
    }
    FastExp.prepare(values, polynomials, shifted, from, to);
    FastExp.finish(values, polynomials, shifted, from, to);
  }

  /**
   * Returns the exponentials of {@code count} negated values: an array lent until the next call.
   */
  float[] ofNegated(float[] source, int count) {
    if (values.length < count) {
      values = Arrays.copyOf(values, Math.max(count, 2 * values.length));
    }
    float[] negated = values;
    for (int i = 0; i < count; i++) {
      negated[i] = -source[i];
    }
    apply(negated, 0, count);
    return negated;
  }
}
