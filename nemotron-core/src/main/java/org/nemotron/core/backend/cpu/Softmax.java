package org.nemotron.core.backend.cpu;

/**
 * Exponentials of rows of scores, for softmax, and their sums, in orders that depend on a row's
 * length alone. Used by one thread at a time.
 */
final class Softmax {
  private final FastExps exps;

  Softmax(FastExps exps) {
    this.exps = exps;
  }

  /**
   * Replaces each score by {@code exp(score - largest of its row)}.
   *
   * @param scores {@code [rows, length]}
   * @param parts receives one part of each row's sum: weights are exponentials times this; not a
   *     number if a score is not, or the largest is infinite
   */
  void exponentials(float[] scores, int rows, int length, float[] parts) {
    for (int row = 0, from = 0; row < rows; row++, from += length) {
      subtract(scores, largest(scores, from, from + length), from, from + length);
    }
    exps.apply(scores, 0, rows * length);
    for (int row = 0, from = 0; row < rows; row++, from += length) {
      parts[row] = 1 / sum(scores, from, from + length);
    }
  }

  /** Four side by side: one would wait for each comparison. */
  private static float largest(float[] values, int from, int to) {
    float a = values[from];
    float b = a;
    float c = a;
    float d = a;
    int i = from;
    for (; i + 4 <= to; i += 4) {
      a = values[i] > a ? values[i] : a;
      b = values[i + 1] > b ? values[i + 1] : b;
      c = values[i + 2] > c ? values[i + 2] : c;
      d = values[i + 3] > d ? values[i + 3] : d;
    }
    for (; i < to; i++) {
      a = values[i] > a ? values[i] : a;
    }
    return Math.max(Math.max(a, b), Math.max(c, d));
  }

  private static void subtract(float[] values, float less, int from, int to) {
    for (int i = from; i < to; i++) {
      values[i] -= less;
    }
  }

  private static float sum(float[] values, int from, int to) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    int i = from;
    for (; i + 4 <= to; i += 4) {
      a += values[i];
      b += values[i + 1];
      c += values[i + 2];
      d += values[i + 3];
    }
    for (; i < to; i++) {
      a += values[i];
    }
    return a + b + (c + d);
  }
}
