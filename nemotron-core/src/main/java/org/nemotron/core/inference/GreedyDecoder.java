package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.List;
import org.nemotron.core.tensor.NonFiniteException;

/**
 * The bare decode loop: prefill, then the likeliest token of each sequence, again and again. End
 * tokens do not stop it: it measures throughput and shows samples, serving is the runtime's.
 */
public final class GreedyDecoder {
  private GreedyDecoder() {}

  /**
   * Returns {@code newTokens} tokens that follow each prompt.
   *
   * @param model with {@link InferenceModel#maxRows} of a page at least
   * @param prompts ids of at least one token each; the lengths may differ
   * @param newTokens how many to add, at least 1
   */
  public static ImmutableList<ImmutableIntArray> generate(
      InferenceModel model, List<ImmutableIntArray> prompts, int newTokens) {
    try (InferenceSession session = model.newSession(pages(model, prompts, newTokens))) {
      return generate(session, prompts, newTokens);
    }
  }

  /**
   * Returns the same, by steps of {@code session}.
   *
   * @param session of {@link #pages} pages at least; what they held is overwritten
   */
  public static ImmutableList<ImmutableIntArray> generate(
      InferenceSession session, List<ImmutableIntArray> prompts, int newTokens) {
    GreedyGeneration generation = GreedyGeneration.begin(session, prompts, newTokens);
    generation.advance(newTokens);
    return generation.tokens();
  }

  /** Returns how many pages {@code newTokens} tokens behind each prompt need. */
  public static int pages(InferenceModel model, List<ImmutableIntArray> prompts, int newTokens) {
    checkArgument(newTokens > 0, "newTokens (%s) must be positive", newTokens);
    checkArgument(!prompts.isEmpty(), "there must be a prompt");
    return prompts.stream()
        .mapToInt(prompt -> KvPages.pagesFor(seenTokens(model, prompt, newTokens)))
        .sum();
  }

  static int seenTokens(InferenceModel model, ImmutableIntArray prompt, int newTokens) {
    checkArgument(!prompt.isEmpty(), "a prompt must have a token");
    long tokens = (long) prompt.length() + newTokens - 1;
    checkArgument(
        tokens <= model.spec().maxPositions(),
        "a prompt of %s tokens and %s more must not exceed max_position_embeddings (%s)",
        prompt.length(),
        newTokens - 1,
        model.spec().maxPositions());
    return (int) tokens;
  }

  /**
   * Returns the likeliest token of {@code row}, whoever finds it: the device, where {@link
   * SequenceChunk#LIKELIEST_TOKEN} was wanted of it, or this method.
   *
   * @throws NonFiniteException if a logit is NaN or +Infinity
   */
  public static int likeliest(StepOutput output, int row) {
    return output.isSampled(row) ? output.token(row) : likeliest(output.logits(row));
  }

  /**
   * Returns the id of the largest logit, the first of equals.
   *
   * @throws NonFiniteException if one is NaN or +Infinity
   */
  public static int likeliest(float[] logits) {
    int best = 0;
    float largest = Float.NEGATIVE_INFINITY;
    for (int id = 0; id < logits.length; id++) {
      if (!(logits[id] <= largest)) {
        if (!Float.isFinite(logits[id])) {
          throw new NonFiniteException(
              "the logit of token "
                  + id
                  + " ("
                  + logits[id]
                  + ") must be finite.\nMaybe the weights are damaged, or too large.");
        }
        best = id;
        largest = logits[id];
      }
    }
    return best;
  }
}
