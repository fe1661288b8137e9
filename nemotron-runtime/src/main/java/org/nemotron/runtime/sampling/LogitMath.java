package org.nemotron.runtime.sampling;

import org.nemotron.core.tensor.NonFiniteException;

/** Argmax and log-sum-exp of the logits of one position. */
final class LogitMath {
  private LogitMath() {}

  /**
   * Returns the likeliest token: that of the largest logit, the lowest id among equals.
   *
   * @throws NonFiniteException if a logit is not a number, or none is finite
   */
  static int argmax(float[] logits) {
    int best = -1;
    float largest = Float.NEGATIVE_INFINITY;
    for (int token = 0; token < logits.length; token++) {
      float logit = logits[token];
      if (!(logit <= largest)) { // larger, or not a number: one comparison finds both
        if (Float.isNaN(logit) || logit == Float.POSITIVE_INFINITY) {
          throw notFinite(token, logit);
        }
        best = token;
        largest = logit;
      }
    }
    if (best < 0) {
      throw new NonFiniteException("every logit is -Infinity, so that no token can follow");
    }
    return best;
  }

  private static NonFiniteException notFinite(int token, float logit) {
    return new NonFiniteException(
        "the logit of token "
            + token
            + " ("
            + logit
            + ") must be finite or -Infinity.\n"
            + "Maybe the weights are damaged, or the model overflows in this element type.");
  }

  /** Returns the natural logarithm of the sum of the exponentials, where {@code max} is largest. */
  static double logSumExp(float[] logits, float max) {
    double sum = 0;
    for (float logit : logits) {
      sum += PortableExp.of((double) logit - max);
    }
    return max + Math.log(sum);
  }
}
