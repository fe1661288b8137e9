package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import org.nemotron.core.spec.ModelSpec;

/** What must hold of a step's chunks, so that nothing outside the memory is read or written. */
public final class BatchChecks {
  private BatchChecks() {}

  public static void check(
      ImmutableList<SequenceChunk> chunks, InferenceModel model, KvCache memory) {
    checkArgument(!chunks.isEmpty(), "a step must have a chunk");
    ModelSpec spec = model.spec();
    int rows = 0;
    for (SequenceChunk chunk : chunks) {
      int end = chunk.start() + chunk.tokens().length();
      checkArgument(
          end <= spec.maxPositions(),
          "a context of %s tokens must not exceed max_position_embeddings (%s)",
          end,
          spec.maxPositions());
      checkPages(chunk.pages().subArray(0, KvCache.pagesFor(end)), memory.pages());
      checkTokens(chunk.tokens(), spec.vocabularySize());
      rows += chunk.tokens().length();
    }
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
