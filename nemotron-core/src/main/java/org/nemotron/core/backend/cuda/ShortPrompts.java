package org.nemotron.core.backend.cuda;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.SequenceChunk;

/**
 * Short pieces of prompts as single tokens: one row for each.
 *
 * <p>A layer writes the keys and values of all rows before any row attends, so that the tokens of a
 * prompt may be rows of one step. They then are part of its recorded graph, where a piece computed
 * operation by operation takes some milliseconds to launch, which all that generate would wait for.
 * Each row reads its own context, so that it pays only while these are short.
 */
final class ShortPrompts {
  /** Rows of a step with prompts: what a larger step computes outweighs its launches. */
  private static final int MOST_ROWS = 256;

  /** Tokens that the rows of prompts attend to, all together. */
  private static final long MOST_ATTENDED = 32_768;

  private ShortPrompts() {}

  /**
   * Returns {@code batch} with a chunk for each token, if it has prompts and they are short enough;
   * else the batch itself. The rows that are wanted are the same, in the same order.
   *
   * @param most rows of a step of single tokens
   */
  static ForwardBatch asSingles(ForwardBatch batch, int most) {
    if (batch.tokens() == batch.chunks().size()
        || batch.tokens() > Math.min(MOST_ROWS, most)
        || attended(batch) > MOST_ATTENDED) {
      return batch;
    }
    ImmutableList.Builder<SequenceChunk> singles = ImmutableList.builder();
    batch.chunks().forEach(chunk -> addSingles(chunk, singles));
    return ForwardBatch.of(singles.build());
  }

  private static long attended(ForwardBatch batch) {
    return batch.chunks().stream()
        .filter(chunk -> chunk.tokens().length() > 1)
        .mapToLong(
            chunk -> chunk.tokens().length() * (chunk.start() + chunk.tokens().length() / 2L))
        .sum();
  }

  private static void addSingles(
      SequenceChunk chunk, ImmutableList.Builder<SequenceChunk> singles) {
    int length = chunk.tokens().length();
    for (int i = 0; i < length; i++) {
      singles.add(
          new SequenceChunk(
              chunk.pages(),
              chunk.start() + i,
              ImmutableIntArray.of(chunk.tokens().get(i)),
              output(chunk, i)));
    }
  }

  private static SequenceChunk.Output output(SequenceChunk chunk, int index) {
    int length = chunk.tokens().length();
    if (index < length - chunk.wanted()) {
      return SequenceChunk.NOTHING;
    }
    return index == length - 1 && chunk.wanted() == 1 ? chunk.output() : SequenceChunk.LAST_LOGITS;
  }
}
