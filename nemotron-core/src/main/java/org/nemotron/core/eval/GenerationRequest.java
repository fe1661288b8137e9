package org.nemotron.core.eval;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;

/**
 * A prompt that is continued.
 *
 * @param prompt token ids, at least one
 * @param maxTokens the most tokens that are written, at least one
 * @param stops texts at whose first appearance the continuation ends; they are not part of it
 * @param temperature by which the logits are divided before a token is drawn; at 0 the likeliest
 *     token is taken
 * @param topP tokens are drawn among the fewest likeliest ones that together have this probability
 *     (Holtzman et al., The Curious Case of Neural Text Degeneration, 2020); 1: among all
 * @param seed of what is drawn: equal requests get equal texts of a model
 */
public record GenerationRequest(
    ImmutableIntArray prompt,
    int maxTokens,
    ImmutableList<String> stops,
    double temperature,
    double topP,
    long seed) {
  /** Makes a request for the likeliest tokens. */
  public GenerationRequest(ImmutableIntArray prompt, int maxTokens, ImmutableList<String> stops) {
    this(prompt, maxTokens, stops, 0, 0);
  }

  /** Makes a request for tokens that are drawn among all. */
  public GenerationRequest(
      ImmutableIntArray prompt,
      int maxTokens,
      ImmutableList<String> stops,
      double temperature,
      long seed) {
    this(prompt, maxTokens, stops, temperature, 1, seed);
  }

  /** Checks the prompt, the number of tokens and how they are drawn. */
  public GenerationRequest {
    checkArgument(!prompt.isEmpty(), "the prompt must have a token");
    checkArgument(maxTokens > 0, "maxTokens (%s) must be positive", maxTokens);
    checkArgument(stops.stream().noneMatch(String::isEmpty), "a text that stops must not be empty");
    checkArgument(
        temperature >= 0 && Double.isFinite(temperature),
        "temperature (%s) must be a finite number, not negative",
        temperature);
    checkArgument(topP > 0 && topP <= 1, "topP (%s) must be above 0, and 1 at most", topP);
  }

  /** Returns whether tokens are drawn; otherwise the likeliest are taken. */
  public boolean isDrawn() {
    return temperature > 0;
  }
}
