package org.nemotron.core.eval;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.nemotron.core.inference.FiniteLogits;
import org.nemotron.core.inference.GreedyDecoder;

/** Draws the tokens of one text from the model's distribution at a temperature. */
final class TokenDraws {
  private final double temperature;
  private final double topP;
  private final SplittableRandom random;

  TokenDraws(double temperature, double topP, long seed) {
    this.temperature = temperature;
    this.topP = topP;
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
    double[] weights = new double[logits.length];
    for (int token = 0; token < weights.length; token++) {
      weights[token] = Math.exp((logits[token] - logits[likeliest]) / temperature);
    }
    if (topP < 1) {
      keepLikeliest(weights);
    }
    double[] sums = new double[weights.length];
    double sum = 0;
    for (int token = 0; token < sums.length; token++) {
      sum += weights[token];
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

  /** Leaves the fewest that have {@link #topP} of the sum; of equal ones the first tokens stay. */
  private void keepLikeliest(double[] weights) {
    double[] ascending = weights.clone();
    Arrays.sort(ascending);
    double wanted = topP * Arrays.stream(ascending).sum();
    int kept = 0;
    double sum = 0;
    while (sum < wanted && kept < ascending.length) {
      kept++;
      sum += ascending[ascending.length - kept];
    }
    double least = ascending[ascending.length - kept];
    long greater = Arrays.stream(weights).filter(weight -> weight > least).count();
    long equal = kept - greater;
    for (int token = 0; token < weights.length; token++) {
      boolean stays = weights[token] > least || (weights[token] == least && equal-- > 0);
      weights[token] = stays ? weights[token] : 0;
    }
  }
}
