package org.nemotron.core.eval;

import org.nemotron.core.backend.cpu.FastExp;
import org.nemotron.core.inference.FiniteLogits;
import org.nemotron.core.inference.GreedyDecoder;

/**
 * The distribution of a row of logits: exponentials in float32, their sum in float64.
 *
 * @param likeliest the token with the greatest logit, the first of equals
 * @param logSum the logarithm of the sum of the exponentials
 */
record LogitRow(int likeliest, double logSum) {
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

  /** Four sums side by side: one would wait for each addition. */
  private static double sumOfExps(float[] logits, float largest) {
    int even = logits.length / 4 * 4;
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    for (int token = 0; token < even; token += 4) {
      a += FastExp.of(logits[token] - largest);
      b += FastExp.of(logits[token + 1] - largest);
      c += FastExp.of(logits[token + 2] - largest);
      d += FastExp.of(logits[token + 3] - largest);
    }
    for (int token = even; token < logits.length; token++) {
      a += FastExp.of(logits[token] - largest);
    }
    return a + b + (c + d);
  }

  /** Returns the log-probability of {@code token}, whose logit is {@code logit}, in nats. */
  double logProbability(float logit) {
    return logit - logSum;
  }
}
