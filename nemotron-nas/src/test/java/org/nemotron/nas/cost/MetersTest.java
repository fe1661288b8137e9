package org.nemotron.nas.cost;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.SearchSpace;

/** Only what holds on any machine, however loaded. */
final class MetersTest {
  private static final Scenario SCENARIO = new Scenario(4, 12, 6);

  private NativeScope scope;
  private HeterogeneousModel parent;

  @BeforeEach
  void open() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
    parent = SmallParent.model();
  }

  @AfterEach
  void close() {
    parent.close();
    scope.close();
  }

  @Test
  void measure_everyKindOfSubBlock_isPositiveAndFinite() {
    LatencyMeter meter = new LatencyMeter(new MeterSettings(2, 3, 1));
    List<Long> rounds = new ArrayList<>();
    CostTable table = meter.measure(parent, SmallParent.SPACE, SCENARIO, rounds::add);
    assertThat(table.attentions().keySet())
        .containsExactlyInAnyOrder(
            SmallParent.ATTENTION,
            new AttentionSpec.GroupedQuery(4, 1, 10),
            new AttentionSpec.Linear());
    assertThat(table.ffns().keySet())
        .containsExactlyInAnyOrder(
            SmallParent.FFN, new FfnSpec.Gated(24), new FfnSpec.Gated(12), new FfnSpec.Linear());
    for (Latency latency :
        Iterables.concat(
            table.attentions().values(),
            table.ffns().values(),
            ImmutableList.of(table.nonBlock()))) {
      assertThat(latency.prefillNanos()).isPositive().isFinite();
      assertThat(latency.decodeNanos()).isPositive().isFinite();
      assertThat(latency.prefillSpread()).isNotNegative().isFinite();
    }
    assertThat(rounds).hasSize(meter.rounds()).endsWith((long) meter.rounds());
  }

  @Test
  void measure_networkAHundredTimesAsWide_costsMore() {
    FfnSpec wide = new FfnSpec.Gated(4800);
    BlockSpec block = new BlockSpec(SmallParent.ATTENTION, wide);
    try (HeterogeneousModel both =
        SmallParent.model(SmallParent.spec(ImmutableList.of(block, SmallParent.BLOCK)), 1)) {
      CostTable table =
          new LatencyMeter(new MeterSettings(5, 5, 1)).measure(both, SearchSpace.NO_OPS, SCENARIO);
      assertThat(table.latency(wide).prefillNanos())
          .isGreaterThan(table.latency(SmallParent.FFN).prefillNanos());
      assertThat(table.latency(SmallParent.FFN).prefillNanos())
          .isGreaterThan(table.latency(new FfnSpec.NoOp()).prefillNanos());
    }
  }

  @Test
  void measure_batchOfOne_isPossible() {
    CostTable table =
        new LatencyMeter(new MeterSettings(1, 1, 1))
            .measure(parent, SearchSpace.NO_OPS, new Scenario(1, 3, 1));
    assertThat(table.tokensPerSecond(parent.spec())).isPositive().isFinite();
  }

  @Test
  void throughput_parentAndEmptyModel_theEmptyOneIsFaster() {
    try (HeterogeneousModel empty =
        SmallParent.model(SmallParent.spec(ImmutableList.of(BlockSpec.NO_OP)), 1)) {
      PairedRates rates =
          ThroughputMeter.exact(new MeterSettings(1, 1, 3))
              .measure(SCENARIO, ImmutableList.of(parent, empty));
      assertThat(rates.rounds()).hasSizeBetween(3, 12);
      assertThat(rates.ratio(1, 0).low()).isGreaterThan(1);
      assertThat(rates.tokensPerSecond(0).median()).isPositive();
    }
  }

  @Test
  void measure_oneWideNetworkBetweenNarrowOnes_isTheOneThatCostsMore() {
    FfnSpec wide = new FfnSpec.Gated(4800);
    ImmutableList<BlockSpec> blocks =
        ImmutableList.of(
            SmallParent.BLOCK,
            new BlockSpec(SmallParent.ATTENTION, wide),
            new BlockSpec(SmallParent.ATTENTION, new FfnSpec.Gated(24)));
    try (HeterogeneousModel mixed = SmallParent.model(SmallParent.spec(blocks), 1)) {
      CostTable table =
          new LatencyMeter(new MeterSettings(3, 3, 1)).measure(mixed, SearchSpace.NO_OPS, SCENARIO);
      for (FfnSpec narrow : ImmutableList.of(SmallParent.FFN, new FfnSpec.Gated(24))) {
        assertThat(table.latency(wide).prefillNanos())
            .isGreaterThan(table.latency(narrow).prefillNanos());
      }
    }
  }
}
