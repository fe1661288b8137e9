package org.nemotron.runtime.sampling;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;

/**
 * Which tokens a request prefers, and which alone it may choose. Immutable.
 *
 * @param added what is added to the logits of these tokens, each from -100 to 100
 * @param allowed the only tokens that may be chosen, end tokens included; empty for all
 * @param banned tokens that are never chosen
 */
public record TokenBias(
    ImmutableMap<Integer, Double> added,
    ImmutableSet<Integer> allowed,
    ImmutableSet<Integer> banned) {

  /** Every token may be chosen, and none is preferred. */
  public static final TokenBias NONE =
      new TokenBias(ImmutableMap.of(), ImmutableSet.of(), ImmutableSet.of());

  private static final double MOST = 100;

  /** Checks the ranges, and that some token is left. */
  public TokenBias {
    checkNotNull(added, "the logit bias must not be null");
    checkNotNull(allowed, "the allowed tokens must not be null");
    checkNotNull(banned, "the banned tokens must not be null");
    added.forEach(TokenBias::checkAdded);
    allowed.forEach(token -> checkToken("an allowed token", token));
    banned.forEach(token -> checkToken("a banned token", token));
    checkArgument(
        allowed.isEmpty() || !banned.containsAll(allowed),
        "every allowed token is banned, so that no token can follow");
  }

  private static void checkAdded(int token, double value) {
    checkToken("a token of the logit bias", token);
    checkArgument(
        value >= -MOST && value <= MOST,
        "the logit bias (%s) of token %s must lie in [-%s, %s]",
        value,
        token,
        (int) MOST,
        (int) MOST);
  }

  private static void checkToken(String what, int token) {
    checkArgument(token >= 0, "%s (%s) must not be negative", what, token);
  }

  /** Returns whether it changes nothing. */
  boolean isNone() {
    return added.isEmpty() && allowed.isEmpty() && banned.isEmpty();
  }

  /**
   * Checks that the model has the tokens.
   *
   * @throws IllegalArgumentException if one is beyond the vocabulary, or all tokens are banned
   */
  void checkWithin(int vocabularySize) {
    checkWithin("the logit bias", added.keySet(), vocabularySize);
    checkWithin("the allowed tokens", allowed, vocabularySize);
    checkWithin("the banned tokens", banned, vocabularySize);
    checkArgument(
        banned.size() < vocabularySize,
        "all %s tokens are banned, so that none can follow",
        vocabularySize);
  }

  private static void checkWithin(String what, ImmutableSet<Integer> tokens, int vocabularySize) {
    Sets.filter(tokens, token -> token >= vocabularySize).stream()
        .findFirst()
        .ifPresent(
            token -> {
              throw new IllegalArgumentException(
                  "token %s of %s is beyond the model's vocabulary of %s"
                      .formatted(token, what, vocabularySize));
            });
  }
}
