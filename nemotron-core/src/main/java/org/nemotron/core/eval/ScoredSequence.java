package org.nemotron.core.eval;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableIntArray;

/**
 * What a model reads for a request: context and continuation without the last token, behind which
 * nothing is asked; cut from the left to the model's longest input.
 *
 * @param tokens what is read, at least one
 * @param targets the continuation: token {@code i} is scored behind token {@code tokens.length() -
 *     targets.length() + i}
 */
record ScoredSequence(ImmutableIntArray tokens, ImmutableIntArray targets) {
  /**
   * Returns what is read for {@code request}.
   *
   * @param vocabulary how many tokens the model knows
   * @param maxLength the most tokens that the model reads
   * @throws IllegalArgumentException if the continuation alone is longer, or the model does not
   *     know a token
   */
  static ScoredSequence of(LikelihoodRequest request, int vocabulary, int maxLength) {
    ImmutableIntArray continuation = request.continuation();
    checkArgument(
        continuation.length() <= maxLength,
        "a continuation of %s tokens must not exceed the %s that the model reads at once.\n"
            + "Maybe leave this item out, or evaluate a model with a longer context.",
        continuation.length(),
        maxLength);
    ImmutableIntArray whole =
        ImmutableIntArray.builder(request.context().length() + continuation.length())
            .addAll(request.context())
            .addAll(continuation)
            .build();
    checkKnown(whole, vocabulary);
    int last = whole.length() - 1;
    return new ScoredSequence(whole.subArray(Math.max(0, last - maxLength), last), continuation);
  }

  /**
   * Checks that a model knows all tokens.
   *
   * @throws IllegalArgumentException if it does not
   */
  static void checkKnown(ImmutableIntArray tokens, int vocabulary) {
    for (int index = 0; index < tokens.length(); index++) {
      int token = tokens.get(index);
      checkArgument(
          token >= 0 && token < vocabulary,
          "token id %s is not within the model's vocabulary, 0..%s.\n"
              + "Maybe the tokenizer belongs to another model.",
          token,
          vocabulary - 1);
    }
  }

  /** Returns the position of the token behind which the first target is scored. */
  int firstScored() {
    return tokens.length() - targets.length();
  }
}
