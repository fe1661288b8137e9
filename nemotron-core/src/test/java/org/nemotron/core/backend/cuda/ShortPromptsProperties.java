package org.nemotron.core.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;

final class ShortPromptsProperties {
  private static final List<SequenceChunk.Output> OUTPUTS =
      List.of(
          SequenceChunk.NOTHING,
          SequenceChunk.LAST_LOGITS,
          SequenceChunk.ALL_LOGITS,
          SequenceChunk.LIKELIEST_TOKEN);

  private static SequenceChunk chunk(int start, int length, SequenceChunk.Output output) {
    ImmutableIntArray pages =
        ImmutableIntArray.copyOf(IntStream.range(0, KvPages.pagesFor(start + length)));
    int[] tokens = IntStream.range(start, start + length).toArray();
    return new SequenceChunk(pages, start, ImmutableIntArray.copyOf(tokens), output);
  }

  @Property
  void asSingles_anyShortBatch_readsTheSameTokensAndWantsTheSameRows(
      @ForAll @Size(min = 1, max = 5) List<@IntRange(min = 0, max = 199) Integer> shapes) {
    List<SequenceChunk> chunks = new ArrayList<>();
    for (int shape : shapes) {
      int start = KvPages.PAGE_TOKENS * (shape % 3);
      chunks.add(chunk(start, 1 + shape / 4, OUTPUTS.get(shape % 4)));
    }
    ForwardBatch batch = ForwardBatch.of(chunks);
    ForwardBatch singles = ShortPrompts.asSingles(batch, 1024);
    assertThat(singles.tokens()).isEqualTo(batch.tokens());
    assertThat(singles.chunks()).allMatch(one -> one.tokens().length() == 1);
    assertThat(wanted(singles)).isEqualTo(wanted(batch));
    assertThat(places(singles)).isEqualTo(places(batch));
  }

  /** Of each wanted row: its position, and whether a token is sampled. */
  private static List<String> wanted(ForwardBatch batch) {
    List<String> rows = new ArrayList<>();
    for (SequenceChunk chunk : batch.chunks()) {
      int end = chunk.start() + chunk.tokens().length();
      for (int row = end - chunk.wanted(); row < end; row++) {
        rows.add(row + " " + chunk.output().sampling());
      }
    }
    return rows;
  }

  private static List<String> places(ForwardBatch batch) {
    List<String> places = new ArrayList<>();
    for (SequenceChunk chunk : batch.chunks()) {
      for (int i = 0; i < chunk.tokens().length(); i++) {
        places.add(chunk.tokens().get(i) + " at " + (chunk.start() + i) + " in " + chunk.pages());
      }
    }
    return places;
  }

  @Example
  void asSingles_longOrSingleAlready_isLeftAsItIs() {
    ForwardBatch single = ForwardBatch.of(chunk(70, 1, SequenceChunk.LAST_LOGITS));
    ForwardBatch many = ForwardBatch.of(chunk(0, 257, SequenceChunk.LAST_LOGITS));
    ForwardBatch deep = ForwardBatch.of(chunk(64 * 64, 10, SequenceChunk.LAST_LOGITS));
    assertThat(ShortPrompts.asSingles(single, 1024)).isSameAs(single);
    assertThat(ShortPrompts.asSingles(many, 1024)).isSameAs(many);
    assertThat(ShortPrompts.asSingles(deep, 1024)).isSameAs(deep);
    ForwardBatch fits = ForwardBatch.of(chunk(0, 20, SequenceChunk.LAST_LOGITS));
    assertThat(ShortPrompts.asSingles(fits, 16)).isSameAs(fits);
    assertThat(ShortPrompts.asSingles(fits, 20).chunks()).hasSize(20);
  }
}
