package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import org.nemotron.core.spec.ModelSpec;

/**
 * What one step of a model reads: chunks of any number of sequences. Immutable.
 *
 * @param chunks at least one; no two of one sequence, unless each of them has one token and the
 *     model is {@linkplain InferenceModel#isBatchInvariant batch-invariant}
 */
public record ForwardBatch(ImmutableList<SequenceChunk> chunks) {
  /** Checks that there is a chunk. */
  public ForwardBatch {
    checkArgument(!chunks.isEmpty(), "a step must have a chunk");
  }

  /** Returns the batch of these chunks. */
  public static ForwardBatch of(SequenceChunk... chunks) {
    return new ForwardBatch(ImmutableList.copyOf(chunks));
  }

  /** Returns the batch of these chunks. */
  public static ForwardBatch of(Iterable<SequenceChunk> chunks) {
    return new ForwardBatch(ImmutableList.copyOf(chunks));
  }

  /** Returns how many tokens are read. */
  public int tokens() {
    int tokens = 0;
    for (SequenceChunk chunk : chunks) {
      tokens += chunk.tokens().length();
    }
    return tokens;
  }

  /** Returns how many rows the chunks want: those of {@link StepOutput}. */
  public int wanted() {
    int wanted = 0;
    for (SequenceChunk chunk : chunks) {
      wanted += chunk.wanted();
    }
    return wanted;
  }

  /**
   * Checks that a step reads and writes nothing outside the model and its session.
   *
   * @param pages of the session
   * @throws IllegalArgumentException if it would, or if it has more tokens or sequences than a step
   *     of {@code model} may have
   */
  public void checkFits(InferenceModel model, int pages) {
    ModelSpec spec = model.spec();
    for (SequenceChunk chunk : chunks) {
      int end = chunk.start() + chunk.tokens().length();
      checkArgument(
          end <= spec.maxPositions(),
          "a context of %s tokens must not exceed max_position_embeddings (%s)",
          end,
          spec.maxPositions());
      checkPages(chunk.pages().subArray(0, KvPages.pagesFor(end)), pages);
      checkTokens(chunk.tokens(), spec.vocabularySize());
    }
    int rows = tokens();
    checkArgument(
        rows <= model.maxRows(), "a step of %s tokens must have at most %s", rows, model.maxRows());
    checkArgument(
        chunks.size() <= model.maxSequences(),
        "a step of %s sequences must have at most %s",
        chunks.size(),
        model.maxSequences());
  }

  /** Pages of earlier tokens are read, which nothing checks later. */
  private static void checkPages(ImmutableIntArray used, int pages) {
    for (int index = 0; index < used.length(); index++) {
      int page = used.get(index);
      checkArgument(page >= 0 && page < pages, "page %s is not within 0..%s", page, pages - 1);
    }
  }

  private static void checkTokens(ImmutableIntArray tokens, int vocabulary) {
    for (int i = 0; i < tokens.length(); i++) {
      int token = tokens.get(i);
      checkArgument(
          token >= 0 && token < vocabulary,
          "token id %s is not within 0..%s",
          token,
          vocabulary - 1);
    }
  }
}
