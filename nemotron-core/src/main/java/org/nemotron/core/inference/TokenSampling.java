package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How a device chooses a token from a row of logits. Immutable.
 *
 * <p>The filters keep the head of the tokens in order of their logits, top-k, top-p and min-p in
 * that order; the draw walks the kept tokens in order of their ids.
 *
 * @param temperature divides the logits; 0 chooses the likeliest token
 * @param topK keeps so many tokens, and those that tie with the last; 0 keeps all
 * @param topP keeps the likeliest tokens until their probabilities reach this; 1 keeps all
 * @param minP keeps tokens of at least this share of the likeliest one's probability; 0 keeps all
 * @param share where in [0, 1) of the kept tokens' probability the draw falls
 */
public record TokenSampling(double temperature, int topK, double topP, double minP, double share) {
  /** The likeliest token, the first of equals. */
  public static final TokenSampling LIKELIEST = new TokenSampling(0, 0, 1, 0, 0);

  /** Checks the share. */
  public TokenSampling {
    checkArgument(share >= 0 && share < 1, "share (%s) must lie in [0, 1)", share);
  }
}
