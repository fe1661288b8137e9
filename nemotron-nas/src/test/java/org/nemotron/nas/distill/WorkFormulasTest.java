package org.nemotron.nas.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.nemotron.nas.SmallParent.BLOCK;

import com.google.common.collect.ImmutableList;
import java.util.Collections;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.testing.ModelSpecBuilder;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.Candidate;

/** By hand: width 32, queries and keys of 4 and 2 heads of 10, 48 channels, 64 tokens. */
final class WorkFormulasTest {
  // Queries and output 32 x 40, keys and values 32 x 20; an FFN has three of 32 x 48.
  private static final double ATTENTION = 2 * (2 * 32 * 40 + 2 * 32 * 20);
  private static final double FFN = 2 * 3 * 32 * 48;

  // A token reads half of 16; a query meets a key and a value of 10 in each of 4 heads.
  private static final double PAIRS = 4 * 8 * 4 * 10;
  private static final double LAYER = ATTENTION + PAIRS + FFN;
  private static final double HEAD = 2 * 32 * 64;

  // 4 layers of Llama-3.1-8B, and its vocabulary.
  private static final BlockSpec WIDE_BLOCK =
      new BlockSpec(new AttentionSpec.GroupedQuery(32, 8, 128), new FfnSpec.Gated(14_336));

  @Test
  void local_oneCandidateOfEachHalf_isTheParentOnceAndThreeTimesTheTrained() {
    Candidate narrow = new Candidate.Ffn(1, new FfnSpec.Gated(24));
    Candidate fewer = new Candidate.Attention(0, new AttentionSpec.GroupedQuery(4, 1, 10));
    LocalWork work = new LocalWork(SmallParent.spec(), ImmutableList.of(narrow, fewer), 5, 2, 16);
    double trainedAttention =
        3 * 2 * (2 * 32 * 40 + 2 * 32 * 10) + 3.5 * PAIRS + 2 * FFN; // output passes the FFN
    double perToken = 3 * LAYER + 3 * FFN / 2 + trainedAttention;
    assertThat(work.work().tokens()).isEqualTo(5 * 2 * 16);
    assertThat(work.work().layerFlops()).isCloseTo(160 * perToken, within(1e-6));
    assertThat(work.parameters()).isEqualTo(3 * 32 * 24 + 32 + 2 * 32 * 40 + 2 * 32 * 10 + 32);
  }

  @Test
  void local_withoutWeights_trainsNothing() {
    Candidate none = new Candidate.Ffn(1, new FfnSpec.NoOp());
    LocalWork work = new LocalWork(SmallParent.spec(), ImmutableList.of(none), 1, 1, 16);
    assertThat(work.work().layerFlops()).isCloseTo(16 * 3 * LAYER, within(1e-6));
  }

  @Test
  void global_halfTheLayers_isTheParentOnceAndThreeTimesTheChild() {
    GlobalDistillationSettings settings =
        GlobalDistillationSettings.DEFAULT.withSteps(10).withEvaluateEvery(4);
    GlobalWork work = new GlobalWork(SmallParent.spec(), 0.5, settings, 2, 16, 48);
    double trained = 3 * (ATTENTION + FFN) + 3.5 * PAIRS;
    assertThat(work.training().layerFlops())
        .isCloseTo(320 * (3 * LAYER + 0.5 * 3 * trained), within(1e-6));
    assertThat(work.training().headFlops()).isCloseTo(320 * 4 * HEAD, within(1e-6));
    // Before the first step, after steps 4, 8 and 10.
    assertThat(work.evaluations().tokens()).isEqualTo(4 * 48);
    assertThat(work.evaluations().layerFlops()).isCloseTo(192 * 1.5 * 3 * LAYER, within(1e-6));
  }

  @Test
  void globalCpuBytes_twoParts_areWeightsGradientsMomentsGraphAndChunks() {
    GlobalWork work =
        new GlobalWork(SmallParent.spec(), 1, GlobalDistillationSettings.DEFAULT, 2, 16, 48);
    long parameters = SmallParent.spec().parameters();
    long graph = 2 * 3 * GraphMemory.bytesPerToken(SmallParent.spec(), BLOCK);
    long chunks = 2 * 6 * 4 * 16 * 64;
    // Child, best child, two moments; the gradients of each part.
    assertThat(work.cpuBytes(2)).isEqualTo(6 * 4 * parameters + 32 * graph + chunks);
  }

  @Test
  void shardedCpuBytes_twoRanks_areSlicesWhatIsGatheredAndGraphs() {
    ModelSpec spec = SmallParent.spec();
    GlobalWork work = new GlobalWork(spec, 1, GlobalDistillationSettings.DEFAULT, 3, 16, 48);
    ShardedWork ofRank = new ShardedWork(work, 2);
    long parameters = spec.parameters();
    long outside = spec.nonBlockParameters();
    long layer = (parameters - outside) / 3;
    long tokens = 2 * 16; // of three sequences, the rank that has two
    long graph = tokens * 2 * 3 * GraphMemory.bytesPerToken(spec, BLOCK);
    long chunks = 2 * 6 * 4 * 16 * 64;
    // Weights, best weights, two moments and gradients by halves; gathered: weights, gradients of
    // two parts and their sum.
    long least =
        4 * 4 * (parameters / 2)
            + 4 * (parameters / 2)
            + 4 * 4 * (outside + layer)
            + 4 * 4 * tokens * SmallParent.WIDTH
            + graph / 3
            + chunks;
    assertThat(ofRank.cpuBytes(2, 0)).isEqualTo(least);
    assertThat(ofRank.cpuBytes(2, 1L << 40)).isEqualTo(least + graph + 4 * 3 * layer);
  }

  @Test
  void shardedGpuBytes_moreRanks_areLess() {
    GlobalWork work = new GlobalWork(wide(), 1, GlobalDistillationSettings.DEFAULT, 8, 4096, 4096);
    long four = new ShardedWork(work, 4).leastGpuBytes();
    assertThat(four).isLessThan(new ShardedWork(work, 2).leastGpuBytes());
    assertThat(new ShardedWork(work, 2).leastGpuBytes()).isLessThan(work.leastGpuBytes());
    assertThat(new ShardedWork(work, 4).gpuBytes(four)).isEqualTo(four);
  }

  @Test
  void globalGpuBytes_largeBatch_isComputedInPiecesThatFit() {
    GlobalDistillationSettings eightBit =
        GlobalDistillationSettings.DEFAULT.withOptimizerStates(OptimizerStates.EIGHT_BIT);
    GlobalWork large = new GlobalWork(wide(), 1, eightBit, 64, 4096, 4096);
    GlobalWork four = new GlobalWork(wide(), 1, eightBit.withMicroBatch(4), 64, 4096, 4096);
    assertThat(large.gpuBytes(60_000_000_000L)).isLessThan(60_000_000_000L);
    assertThat(four.leastGpuBytes()).isLessThan(30_000_000_000L);
    // Gradients of all layers are added beside the pass.
    assertThat(
            four.leastGpuBytes() - new GlobalWork(wide(), 1, eightBit, 4, 4096, 1).leastGpuBytes())
        .isPositive();
  }

  @Test
  void globalHostBytes_statesInHostMemory_areTwelveAParameter() {
    GlobalDistillationSettings inHost =
        GlobalDistillationSettings.DEFAULT.withOptimizerStates(
            OptimizerStates.FLOAT32_IN_HOST_MEMORY);
    GlobalWork work = new GlobalWork(wide(), 1, inHost, 2, 4096, 4096);
    GlobalWork onGpu = new GlobalWork(wide(), 1, GlobalDistillationSettings.DEFAULT, 2, 4096, 1);
    assertThat(work.hostBytes()).isEqualTo(12 * wide().parameters());
    assertThat(onGpu.hostBytes()).isZero();
    assertThat(work.leastGpuBytes()).isLessThan(onGpu.leastGpuBytes());
    assertThat(work.checkpointBytes(2)).isEqualTo(16 * wide().parameters());
  }

  /** The bill of what docs/benchmarks.md has measured on an H100, driver and libraries included. */
  @Test
  void globalGpuBytes_fourWideLayers_areAsMeasured() {
    assertThat(gpuBytes(OptimizerStates.FLOAT32)).isCloseTo(42e9, Percentage.withPercentage(10));
    assertThat(gpuBytes(OptimizerStates.EIGHT_BIT)).isCloseTo(23e9, Percentage.withPercentage(10));
  }

  private static double gpuBytes(OptimizerStates states) {
    ModelSpec wide = wide();
    GlobalDistillationSettings settings =
        GlobalDistillationSettings.DEFAULT.withOptimizerStates(states);
    GlobalWork work = new GlobalWork(wide, 1, settings, 2, 4096, 4096);
    double parentBytes = 2.0 * wide.parameters();
    return parentBytes + work.gpuBytes((long) (79e9 - parentBytes));
  }

  private static ModelSpec wide() {
    return new ModelSpecBuilder()
        .vocabularySize(128_256)
        .width(4096)
        .heads(32, 128)
        .maxPositions(16_384)
        .tied(false)
        .blocks(ImmutableList.copyOf(Collections.nCopies(4, WIDE_BLOCK)))
        .build();
  }
}
