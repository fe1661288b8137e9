package org.nemotron.runtime.sampling;

import com.google.common.collect.ImmutableList;
import java.util.OptionalDouble;

/**
 * A token of an answer or of a prompt. Immutable.
 *
 * @param token the token's id
 * @param own the token's log-probability, the only element; empty when the request did not ask
 * @param top the likeliest tokens, best first; as many as the request asked for
 */
public record Sampled(int token, ImmutableList<TokenLogProb> own, ImmutableList<TokenLogProb> top) {

  /** Returns a token without log-probability: none was asked for, or none precedes it. */
  public static Sampled of(int token) {
    return new Sampled(token, ImmutableList.of(), ImmutableList.of());
  }

  /**
   * Returns the natural logarithm of the token's probability under the model, before any penalty,
   * temperature or filter; empty when the request did not ask for log-probabilities.
   */
  public OptionalDouble logProb() {
    return own.stream().mapToDouble(TokenLogProb::logProb).findFirst();
  }
}
