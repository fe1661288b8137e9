package org.nemotron.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.Longs;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;

final class TokenBatchesProperties {
  /** Returns a corpus in which every token is its own position. */
  private static TokenCorpus positions(int length) {
    return TokenCorpus.of(ImmutableIntArray.copyOf(IntStream.range(0, length)));
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void windowsAreRunsOfTheCorpus(
      @ForAll @IntRange(min = 1, max = 9) int windowTokens,
      @ForAll @IntRange(min = 0, max = 40) int more,
      @ForAll @IntRange(min = 1, max = 4) int batchSize,
      @ForAll long seed,
      @ForAll @IntRange(max = 1000) int index) {
    TokenCorpus corpus = positions(windowTokens + more);
    TokenBatches batches = new TokenBatches(corpus, batchSize, windowTokens, new Seed(seed));
    ImmutableList<List<Long>> rows = rows(batches, index);
    assertThat(rows).hasSize(batchSize);
    for (List<Long> row : rows) {
      assertThat(row).hasSize(windowTokens);
      assertThat(row.get(windowTokens - 1)).isLessThan(corpus.length());
      for (int t = 1; t < windowTokens; t++) {
        assertThat(row.get(t)).isEqualTo(row.get(t - 1) + 1);
      }
    }
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void anEpochVisitsEveryWindowOnce(
      @ForAll @IntRange(min = 1, max = 9) int windowTokens,
      @ForAll @IntRange(min = 0, max = 60) int more,
      @ForAll long seed,
      @ForAll @IntRange(max = 3) int epoch) {
    TokenBatches batches =
        new TokenBatches(positions(windowTokens + more), 1, windowTokens, new Seed(seed));
    int windows = Math.toIntExact(batches.windowsPerEpoch());
    assertThat(windows).isEqualTo((windowTokens + more) / windowTokens);
    List<Long> begins = new ArrayList<>();
    for (int window = 0; window < windows; window++) {
      begins.add(rows(batches, (long) epoch * windows + window).get(0).get(0));
    }
    begins.sort(null);
    for (int window = 0; window < windows; window++) {
      assertThat(begins.get(window) - begins.get(0)).isEqualTo((long) window * windowTokens);
    }
  }

  @Property(tries = 50, edgeCases = EdgeCasesMode.NONE)
  void aBatchDependsOnItsIndexOnly(@ForAll long seed, @ForAll @IntRange(max = 500) int index) {
    TokenBatches fresh = new TokenBatches(positions(100), 3, 7, new Seed(seed));
    TokenBatches used = new TokenBatches(positions(100), 3, 7, new Seed(seed));
    for (long other : new long[] {0, 400, 3}) {
      assertThat(rows(used, other)).hasSize(3);
    }
    assertThat(rows(used, index)).isEqualTo(rows(fresh, index));
  }

  @Example
  void epochsAndSeedsHaveOrdersOfTheirOwn() {
    TokenBatches batches = new TokenBatches(positions(1000), 100, 10, new Seed(1));
    TokenBatches others = new TokenBatches(positions(1000), 100, 10, new Seed(2));
    assertThat(rows(batches, 0)).isNotEqualTo(rows(batches, 1));
    assertThat(rows(batches, 0)).isNotEqualTo(rows(others, 0));
    assertThat(rows(batches, 0)).containsExactlyInAnyOrderElementsOf(rows(batches, 1));
  }

  @Example
  void batchesAreInt64OnTheCpu() {
    TokenBatches batches = new TokenBatches(positions(1000), 4, 10, new Seed(1));
    try (NativeScope scope = NativeScope.open()) {
      Tensor batch = batches.batch(5);
      assertThat(batch.shape()).containsExactly(4, 10);
      assertThat(DType.of(batch)).isEqualTo(DType.INT64);
      assertThat(batch.is_cpu()).isTrue();
    }
  }

  @Example
  void evaluationReadsTheTextInOrderAndOnce() {
    EvaluationBatches batches = new EvaluationBatches(positions(53), 2, 10, 100);
    assertThat(batches.windows()).isEqualTo(5);
    assertThat(batches.batches()).isEqualTo(3);
    List<Long> read = new ArrayList<>();
    try (NativeScope scope = NativeScope.open()) {
      for (int batch = 0; batch < batches.batches(); batch++) {
        read.addAll(Longs.asList(Tensors.longs(batches.batch(batch))));
      }
      assertThat(batches.batch(2).shape()).containsExactly(1, 10);
    }
    assertThat(read).isEqualTo(IntStream.range(0, 50).mapToObj(Long::valueOf).toList());
  }

  @Example
  void evaluationKeepsToItsLimit() {
    EvaluationBatches batches = new EvaluationBatches(positions(53), 2, 10, 3);
    assertThat(batches.windows()).isEqualTo(3);
    assertThatThrownBy(() -> batches.batch(2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("batch index (2) must be below 2");
  }

  @Example
  void aCorpusShorterThanAWindowIsRefused() {
    String sentence =
        "the text has 9 tokens, but a window has 10.\nMaybe give more text, or shorter windows.";
    assertThatThrownBy(() -> new TokenBatches(positions(9), 1, 10, new Seed(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(sentence);
    assertThatThrownBy(() -> new EvaluationBatches(positions(9), 1, 10, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(sentence);
  }

  private static ImmutableList<List<Long>> rows(TokenBatches batches, long index) {
    try (NativeScope scope = NativeScope.open()) {
      List<Long> flat = Longs.asList(Tensors.longs(batches.batch(index)));
      ImmutableList.Builder<List<Long>> rows = ImmutableList.builder();
      for (int row = 0; row < batches.batchSize(); row++) {
        rows.add(flat.subList(row * batches.windowTokens(), (row + 1) * batches.windowTokens()));
      }
      return rows.build();
    }
  }
}
