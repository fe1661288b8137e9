package org.nemotron.nas.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.testing.ModelSpecBuilder;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.search.Alternative;
import org.nemotron.nas.search.Budget;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.SearchProblem;

/** What the search knows of several GPUs that compute together. */
final class TensorParallelCostsTest {
  private static final int WIDTH = 4096;
  private static final FfnSpec WIDE = new FfnSpec.Gated(14336);
  private static final FfnSpec HALF = new FfnSpec.Gated(7168);
  private static final MemoryModel MEMORY = new MemoryModel(DType.BFLOAT16);
  private static final Scenario SCENARIO = new Scenario(64, 2048, 2048);

  /** Round numbers of the order of an H100 and its NVLink. */
  private static final AnalyticCosts COSTS =
      new AnalyticCosts(new DeviceLimits(3e12, 6e14), new AllReduceTime(7_000, 3e11), MEMORY);

  private static final SearchSpace SPACE =
      SearchSpace.builder()
          .kvHeads(4, 2, 1)
          .ffnFractions(0.5)
          .channelMultiple(1)
          .linearAttention(true)
          .noOpAttention(true)
          .build();

  private static AttentionSpec heads(int kvHeads) {
    return new AttentionSpec.GroupedQuery(32, kvHeads, 128);
  }

  private static ModelSpec parent() {
    return new ModelSpecBuilder()
        .vocabularySize(1000)
        .width(WIDTH)
        .heads(32, 128)
        .blocks(new BlockSpec(heads(8), WIDE))
        .build();
  }

  private static CostTable table(int degree) {
    return COSTS.of(parent(), SPACE, SCENARIO.withTensorParallel(degree));
  }

  @Test
  void kvBytes_ofFewerHeadsThanGpus_areThoseOfOneHeadEach() {
    Scenario four = SCENARIO.withTensorParallel(4);
    long eight = MEMORY.kvBytes(heads(8), SCENARIO);
    assertThat(MEMORY.kvBytes(heads(8), four)).isEqualTo(eight / 4);
    assertThat(MEMORY.kvBytes(heads(4), four)).isEqualTo(eight / 8);
    assertThat(MEMORY.kvBytes(heads(2), four)).isEqualTo(eight / 8);
    assertThat(MEMORY.kvBytes(heads(1), four)).isEqualTo(eight / 8);
    assertThat(MEMORY.kvBytes(heads(1), SCENARIO)).isEqualTo(eight / 8);
  }

  @Test
  void weightBytes_perGpu_areDividedButForWhatIsReplicated() {
    BlockSpec block = new BlockSpec(heads(2), WIDE);
    long norms = 2L * WIDTH;
    long queries = 2L * WIDTH * 32 * 128 / 4;
    long keys = 2L * WIDTH * 128;
    long channels = 3L * WIDTH * 14336 / 4;
    assertThat(MEMORY.weightBytes(block, WIDTH, SCENARIO.withTensorParallel(4).ranks()))
        .isEqualTo(2 * (norms + queries + keys + channels));
    assertThat(MEMORY.weightBytes(block, WIDTH, SCENARIO.ranks()))
        .isEqualTo(MEMORY.weightBytes(block, WIDTH));
    assertThat(MEMORY.nonBlockBytes(parent(), SCENARIO.withTensorParallel(3).ranks()))
        .isEqualTo(2L * (2 * 334 * WIDTH + WIDTH));
  }

  @Test
  void latency_ofSeveralGpus_isDividedAndHasASum() {
    CostTable one = table(1);
    CostTable two = table(2);
    double weights = 2.0 * (3.0 * WIDTH * 14336 + WIDTH);
    assertThat(one.latency(WIDE).decodeNanos()).isCloseTo(weights / 3e12 * 1e9, within(1e-6));
    double half = 2.0 * (3.0 * WIDTH * 7168 + WIDTH);
    double sum = 7_000 + 64.0 * WIDTH * 2 / 3e11 * 1e9;
    assertThat(two.latency(WIDE).decodeNanos()).isCloseTo(half / 3e12 * 1e9 + sum, within(1e-6));
    assertThat(two.latency(new AttentionSpec.NoOp())).isEqualTo(Latency.NONE);
    assertThat(two.tokensPerSecondPerGpu(parent()))
        .isEqualTo(two.tokensPerSecond(parent()) / 2)
        .isLessThan(one.tokensPerSecondPerGpu(parent()));
  }

  @Test
  void latency_atFourGpus_ofOneKvHead_isNoLessThanOfFour() {
    assertThat(table(4).latency(heads(1)).decodeNanos())
        .isEqualTo(table(4).latency(heads(4)).decodeNanos());
    assertThat(table(1).latency(heads(1)).decodeNanos())
        .isLessThan(table(1).latency(heads(4)).decodeNanos());
  }

  /** Fewer heads harm a little, half the channels more. */
  private static String best(int degree, double limit) {
    CostTable table = table(degree);
    List<Alternative> layer = new ArrayList<>();
    for (int kvHeads : new int[] {8, 4, 2, 1}) {
      for (FfnSpec ffn : ImmutableList.of(WIDE, HALF)) {
        BlockSpec block = new BlockSpec(heads(kvHeads), ffn);
        double score = (8 - kvHeads) * 0.05 + (ffn.equals(HALF) ? 0.5 : 0);
        layer.add(Alternative.of(block.id(), score, table.costs(block, WIDTH)));
      }
    }
    SearchProblem problem =
        SearchProblem.builder()
            .layer(layer)
            .fixedCosts(table.fixedCosts(parent()))
            .budget(Budget.atMost(CostTable.MEMORY_BYTES, limit))
            .build();
    return PuzzleSearch.create().solve(problem).orElseThrow().choices().get(0).alternative().id();
  }

  @Test
  void search_forFourGpusWithAQuarterOfTheMemoryEach_choosesOtherwiseThanForOne() {
    assertThat(best(1, 0.82e9)).isEqualTo("kv2+w14336");
    assertThat(best(4, 0.205e9)).isEqualTo("kv4+w7168");
  }

  @Test
  void measure_atADegreeAboveOne_measuresRanksTogether() {
    Scenario two = new Scenario(1, 4, 4, 2);
    try (HeterogeneousModel model = SmallParent.model()) {
      CostTable table =
          new LatencyMeter(MeterSettings.BRIEF).measure(model, SmallParent.SPACE, two);
      assertThat(table.scenario()).isEqualTo(two);
      assertThat(table.attentions()).isNotEmpty();
      PairedRates rates =
          ThroughputMeter.exact(MeterSettings.BRIEF).measure(two, ImmutableList.of(model));
      assertThat(rates.tokensPerSecond(0).median()).isPositive();
    }
  }

  @Test
  void measure_modelsOfDifferentDegrees_isRefused() {
    try (HeterogeneousModel model = SmallParent.model()) {
      ImmutableList<ThroughputMeter.Subject> subjects =
          ImmutableList.of(
              new ThroughputMeter.Subject(model, new Scenario(1, 4, 4, 2)),
              new ThroughputMeter.Subject(model, new Scenario(1, 4, 4)));
      assertThatThrownBy(
              () -> ThroughputMeter.exact(MeterSettings.BRIEF).measure(subjects, rates -> true))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "models that are compared must have one degree of tensor parallelism, not 2 and 1");
    }
  }

  @Test
  void scenario_withoutGpus_isRefused() {
    assertThatThrownBy(() -> SCENARIO.withTensorParallel(0))
        .hasMessage("tensorParallel (0) must be positive");
    assertThat(SCENARIO.withTensorParallel(4).withBatch(2))
        .isEqualTo(new Scenario(2, 2048, 2048, 4));
  }
}
