package org.nemotron.core.eval;

import java.util.SplittableRandom;
import org.nemotron.core.inference.FiniteLogits;
import org.nemotron.core.inference.GreedyDecoder;

/** Draws the tokens of one text from the model's distribution at a temperature. */
final class TokenDraws {
  private final double temperature;
  private final SplittableRandom random;

  TokenDraws(double temperature, long seed) {
    this.temperature = temperature;
    this.random = new SplittableRandom(seed);
  }

  /**
   * Returns the next token.
   *
   * @param logits {@code [V]}
   * @param position of the token behind which they are, in its sequence
   * @throws org.nemotron.core.tensor.NonFiniteException if a logit is not a number
   */
  int next(float[] logits, int position) {
    FiniteLogits.check(logits, position);
    int likeliest = GreedyDecoder.likeliest(logits);
    double[] sums = new double[logits.length];
    double sum = 0;
    for (int token = 0; token < sums.length; token++) {
      sum += Math.exp((logits[token] - logits[likeliest]) / temperature);
      sums[token] = sum;
    }
    double at = random.nextDouble() * sum;
    for (int token = 0; token < sums.length; token++) {
      if (at < sums[token]) {
        return token;
      }
    }
    return likeliest;
  }
}
