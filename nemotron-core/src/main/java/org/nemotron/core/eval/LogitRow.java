package org.nemotron.core.eval;

import org.nemotron.core.backend.cpu.FastExps;
import org.nemotron.core.inference.FiniteLogits;
import org.nemotron.core.inference.GreedyDecoder;

/**
 * The distribution of a row of logits: exponentials in float32, their sum in float64.
 *
 * @param likeliest the token with the greatest logit, the first of equals
 * @param logSum the logarithm of the sum of the exponentials
 */
record LogitRow(int likeliest, double logSum) {
  /** So many exponentials at a time stay in the processor's nearest cache. */
  private static final int SOME = 1024;

  /**
   * Reads a row.
   *
   * @param logits {@code [V]}
   * @param position of the token behind which they are, in its sequence
   * @throws org.nemotron.core.tensor.NonFiniteException if a logit is not a number
   */
  static LogitRow of(float[] logits, int position) {
    FiniteLogits.check(logits, position);
    int likeliest = GreedyDecoder.likeliest(logits);
    float largest = logits[likeliest];
    return new LogitRow(likeliest, largest + Math.log(sumOfExps(logits, largest)));
  }

  private static double sumOfExps(float[] logits, float largest) {
    FastExps exps = new FastExps();
    float[] some = new float[Math.min(SOME, logits.length)];
    double sum = 0;
    for (int from = 0; from < logits.length; from += SOME) {
      int count = Math.min(SOME, logits.length - from);
      for (int i = 0; i < count; i++) {
        some[i] = logits[from + i] - largest;
      }
      exps.apply(some, 0, count);
      sum += sum(some, count);
    }
    return sum;
  }

  /** Four sums side by side: one would wait for each addition. */
  private static double sum(float[] values, int count) {
    int even = count / 4 * 4;
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    for (int i = 0; i < even; i += 4) {
      a += values[i];
      b += values[i + 1];
      c += values[i + 2];
      d += values[i + 3];
    }
    for (int i = even; i < count; i++) {
      a += values[i];
    }
    return a + b + (c + d);
  }

  /** Returns the log-probability of {@code token}, whose logit is {@code logit}, in nats. */
  double logProbability(float logit) {
    return logit - logSum;
  }
}
