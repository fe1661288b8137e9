package org.nemotron.runtime.sampling;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableSet;

/**
 * Which tokens end an answer, and from where on. Immutable.
 *
 * @param endTokens the tokens that end it
 * @param minTokens how many tokens must come before one of them can be chosen
 */
public record AnswerLimits(ImmutableSet<Integer> endTokens, int minTokens) {
  /** No token ends an answer. */
  public static final AnswerLimits NONE = new AnswerLimits(ImmutableSet.of(), 0);

  /** Checks the range. */
  public AnswerLimits {
    checkNotNull(endTokens, "the end tokens must not be null");
    checkArgument(minTokens >= 0, "minTokens (%s) must not be negative", minTokens);
  }
}
