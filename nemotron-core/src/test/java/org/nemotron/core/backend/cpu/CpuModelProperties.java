package org.nemotron.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.testing.TestModels;

/** On what the logits of a sequence depend, to the last bit. */
final class CpuModelProperties {
  private static final int COMPANY = 31;
  private static final int PAGES_EACH = 4;

  @Provide
  Arbitrary<ModelSpec> specs() {
    return Arbitraries.of(
        TestModels.mixed(),
        TestModels.spec(
            new BlockSpec(TestModels.grouped(1), TestModels.WIDE),
            new BlockSpec(TestModels.grouped(4), TestModels.WIDE)));
  }

  private static ServedModel served(HeterogeneousModel model, int team, int pages) {
    return new ServedModel(model, WeightFormat.FLOAT16, team, pages);
  }

  @Property(tries = 15, edgeCases = EdgeCasesMode.NONE)
  void companyChangesNoBit(
      @ForAll("specs") ModelSpec spec,
      @ForAll @IntRange(min = 1, max = 200) int prompt,
      @ForAll long seed) {
    Random random = new Random(seed);
    long[] ids = TestModels.ids(prompt + 2, seed);
    ImmutableIntArray pages = ServedModel.pages(0, PAGES_EACH);
    int all = (COMPANY + 1) * PAGES_EACH;
    try (HeterogeneousModel model = TestModels.model(spec, seed);
        ServedModel alone = served(model, 2, all);
        ServedModel crowded = served(model, 2, all)) {
      int from = 0;
      for (int end : new int[] {prompt, prompt + 1, prompt + 2}) {
        SequenceChunk own = ServedModel.chunk(pages, ids, from, end);
        List<SequenceChunk> chunks = company(random);
        int place = random.nextInt(chunks.size() + 1);
        int before = chunks.subList(0, place).stream().mapToInt(SequenceChunk::wanted).sum();
        chunks.add(place, own);
        float[][] together = crowded.step(chunks.toArray(new SequenceChunk[0]));
        assertThat(Arrays.copyOfRange(together, before, before + end - from))
            .isDeepEqualTo(alone.step(own));
        from = end;
      }
    }
  }

  /** Prompts and single tokens of other sequences, which go on from memory as it is. */
  private static List<SequenceChunk> company(Random random) {
    List<SequenceChunk> chunks = new ArrayList<>();
    for (int other = 1; other <= COMPANY; other++) {
      ImmutableIntArray pages = ServedModel.pages(other * PAGES_EACH, (other + 1) * PAGES_EACH);
      int length = random.nextBoolean() ? 1 : 1 + random.nextInt(90);
      int start = length == 1 ? random.nextInt(100) : 64 * random.nextInt(2);
      long[] ids = TestModels.ids(start + length, random.nextLong());
      chunks.add(ServedModel.chunk(pages, ids, start, start + length));
    }
    return chunks;
  }

  @Property(tries = 15, edgeCases = EdgeCasesMode.NONE)
  void cutAtPagesChangesNoBit(
      @ForAll("specs") ModelSpec spec,
      @ForAll @IntRange(min = 65, max = 256) int prompt,
      @ForAll @IntRange(min = 1, max = 7) int cuts,
      @ForAll long seed) {
    long[] ids = TestModels.ids(prompt, seed);
    ImmutableIntArray pages = ServedModel.pages(0, PAGES_EACH);
    int[] ends =
        IntStream.concat(
                IntStream.range(1, 4)
                    .filter(page -> (cuts >> (page - 1) & 1) == 1)
                    .map(page -> 64 * page)
                    .filter(end -> end < prompt),
                IntStream.of(prompt))
            .toArray();
    try (HeterogeneousModel model = TestModels.model(spec, seed);
        ServedModel whole = served(model, 2, PAGES_EACH);
        ServedModel cut = served(model, 2, PAGES_EACH)) {
      assertThat(cut.read(pages, ids, ends)).isDeepEqualTo(whole.read(pages, ids, prompt));
    }
  }

  @Property(tries = 15, edgeCases = EdgeCasesMode.NONE)
  void placeOfPagesChangesNoBit(
      @ForAll("specs") ModelSpec spec,
      @ForAll @IntRange(min = 65, max = 250) int prompt,
      @ForAll long seed) {
    long[] ids = TestModels.ids(prompt + 2, seed);
    List<Integer> shuffled = new ArrayList<>(IntStream.range(0, 20).boxed().toList());
    Collections.shuffle(shuffled, new Random(seed));
    try (HeterogeneousModel model = TestModels.model(spec, seed);
        ServedModel inOrder = served(model, 2, PAGES_EACH);
        ServedModel anywhere = served(model, 2, 20)) {
      int[] ends = {prompt, prompt + 1, prompt + 2};
      assertThat(
              anywhere.read(ImmutableIntArray.copyOf(shuffled.subList(0, PAGES_EACH)), ids, ends))
          .isDeepEqualTo(inOrder.read(ServedModel.pages(0, PAGES_EACH), ids, ends));
    }
  }

  @Property(tries = 15, edgeCases = EdgeCasesMode.NONE)
  void numberOfThreadsChangesNoBit(
      @ForAll("specs") ModelSpec spec,
      @ForAll @IntRange(min = 1, max = 140) int prompt,
      @ForAll @IntRange(min = 2, max = 7) int team,
      @ForAll long seed) {
    long[] ids = TestModels.ids(prompt + 2, seed);
    int[] ends = {prompt, prompt + 1, prompt + 2};
    ImmutableIntArray pages = ServedModel.pages(0, PAGES_EACH);
    try (HeterogeneousModel model = TestModels.model(spec, seed);
        ServedModel one = served(model, 1, PAGES_EACH);
        ServedModel many = served(model, team, PAGES_EACH)) {
      assertThat(many.read(pages, ids, ends)).isDeepEqualTo(one.read(pages, ids, ends));
    }
  }
}
