package org.nemotron.core.backend.cuda;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Collections;
import java.util.stream.IntStream;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;

/** Steps that nobody asked for, on the first pages of a session that holds nothing yet. */
final class WarmUp {
  private WarmUp() {}

  /** Returns a step of single tokens, which all write to one place. */
  static ForwardBatch singles(int rows) {
    SequenceChunk one =
        new SequenceChunk(
            ImmutableIntArray.of(0), 0, ImmutableIntArray.of(0), SequenceChunk.LIKELIEST_TOKEN);
    return ForwardBatch.of(Collections.nCopies(rows, one));
  }

  /** Returns a step that reads prompts of {@code tokens} tokens together, none too long. */
  static ForwardBatch pieces(int tokens, int longest) {
    ImmutableList.Builder<SequenceChunk> chunks = ImmutableList.builder();
    for (int from = 0; from < tokens; from += longest) {
      int length = Math.min(longest, tokens - from);
      chunks.add(
          new SequenceChunk(
              ImmutableIntArray.copyOf(IntStream.range(0, KvPages.pagesFor(length))),
              0,
              ImmutableIntArray.copyOf(new int[length]),
              SequenceChunk.LIKELIEST_TOKEN));
    }
    return ForwardBatch.of(chunks.build());
  }
}
