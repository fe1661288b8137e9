package org.nemotron.core.eval;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;

/**
 * A prompt that is continued greedily.
 *
 * @param prompt token ids, at least one
 * @param maxTokens the most tokens that are written, at least one
 * @param stops texts at whose first appearance the continuation ends; they are not part of it
 */
public record GenerationRequest(
    ImmutableIntArray prompt, int maxTokens, ImmutableList<String> stops) {
  /** Checks the prompt and the number of tokens. */
  public GenerationRequest {
    checkArgument(!prompt.isEmpty(), "the prompt must have a token");
    checkArgument(maxTokens > 0, "maxTokens (%s) must be positive", maxTokens);
    checkArgument(stops.stream().noneMatch(String::isEmpty), "a text that stops must not be empty");
  }
}
