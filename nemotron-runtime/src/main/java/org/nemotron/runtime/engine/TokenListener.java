package org.nemotron.runtime.engine;

import com.google.common.collect.ImmutableList;
import org.nemotron.runtime.sampling.Sampled;

/**
 * Receives an answer token by token, on the thread of the caller that waits for it. The texts of
 * all tokens and the rest, joined, are the text of the result.
 */
public interface TokenListener {
  /**
   * Receives the tokens of the prompt with their log-probabilities, once, before the first token of
   * the answer; not called where the request did not ask for them, or has no answer.
   */
  default void onPrompt(ImmutableList<Sampled> tokens) {}

  /** Receives the next token. */
  void onToken(GeneratedToken token);

  /**
   * Receives the text that only the end made certain, once, after the last token; not called where
   * there is none. Examples are the beginning of a stop string that did not follow, and the
   * replacement character for an incomplete one.
   */
  void onRest(String text);
}
