package org.nemotron.runtime.engine;

import com.google.common.collect.ImmutableList;
import java.util.OptionalDouble;
import org.nemotron.runtime.sampling.Sampled;
import org.nemotron.runtime.sampling.TokenLogProb;

/**
 * A token of an answer under way. Immutable.
 *
 * @param sampled the token, with its log-probabilities where the request asked for them
 * @param text the text that became certain with this token; empty while a character is incomplete,
 *     or while the text may be the beginning of a stop string
 */
public record GeneratedToken(Sampled sampled, String text) {
  /** Returns the token's id. */
  public int id() {
    return sampled.token();
  }

  /**
   * Returns the natural logarithm of the token's probability under the model, before any penalty,
   * temperature or filter; empty when the request did not ask for log-probabilities.
   */
  public OptionalDouble logProb() {
    return sampled.logProb();
  }

  /** Returns the likeliest tokens in its place, best first; as many as the request asked for. */
  public ImmutableList<TokenLogProb> topLogProbs() {
    return sampled.top();
  }
}
