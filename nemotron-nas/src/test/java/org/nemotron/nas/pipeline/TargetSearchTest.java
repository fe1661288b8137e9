package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.Latency;
import org.nemotron.nas.cost.MemoryModel;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.pipeline.Limit.Bound;
import org.nemotron.nas.pipeline.Limit.Quantity;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.score.ScoreTable;

final class TargetSearchTest {
  private static final AttentionSpec NO_ATTENTION = new AttentionSpec.NoOp();
  private static final ModelSpec PARENT =
      SmallParent.spec(ImmutableList.of(SmallParent.BLOCK, SmallParent.BLOCK));

  /** The fastest child that the library has: the first layer's attention is left out. */
  private static final ModelSpec FASTEST =
      SmallParent.spec(
          ImmutableList.of(new BlockSpec(NO_ATTENTION, SmallParent.FFN), SmallParent.BLOCK));

  private static CostTable costs(int batch) {
    return new CostTable(
        new Scenario(batch, 4, 4),
        new MemoryModel(DType.FLOAT32),
        ImmutableMap.of(SmallParent.ATTENTION, new Latency(10, 1, 0, 0)),
        ImmutableMap.of(SmallParent.FFN, new Latency(20, 2, 0, 0)),
        new Latency(5, 5, 0, 0));
  }

  private static TargetSearch search() {
    ScoreTable scores =
        new ScoreTable(
            ImmutableMap.of(new Candidate.Attention(0, NO_ATTENTION), new Score(1, 0, 2, 0, 0, 0)));
    return new TargetSearch(PARENT, scores, ImmutableList.of(costs(1), costs(2)), Score.Metric.KL);
  }

  private static String rounded(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }

  @Test
  void best_moreSpeedThanThereIs_namesTheGreatestSpeedUp() {
    double greatest = costs(2).tokensPerSecond(FASTEST) / costs(2).tokensPerSecond(PARENT);
    assertThatThrownBy(() -> search().best(Target.speedup("fast", 3), SpeedCorrection.NONE))
        .isInstanceOf(NoArchitectureException.class)
        .hasMessage(
            "target fast: no architecture fits: speed-up at least 3.0 cannot be met: the greatest"
                + " that an architecture can have is "
                + rounded(greatest)
                + ".\nMaybe a looser limit or a larger search space is wanted; finished stages are"
                + " kept.");
  }

  @Test
  void best_lessLatencyThanThereIs_namesTheLeastInMilliseconds() {
    Target target = Target.of("quick", new Limit(Quantity.LATENCY_MILLIS, Bound.AT_MOST, 1e-7));
    double nanos = costs(1).latency(FASTEST).scenarioNanos(costs(1).scenario());
    assertThatThrownBy(() -> search().best(target, SpeedCorrection.NONE))
        .hasMessageContaining(
            "latency in ms at most 1.0E-7 cannot be met: the least that an architecture can have is"
                + " "
                + rounded(nanos / 1e6));
  }

  @Test
  void best_speedAndMemoryClash_namesBoth() {
    Target target =
        Target.of(
            "both",
            new Limit(Quantity.SPEEDUP, Bound.AT_LEAST, 1.01),
            new Limit(Quantity.PARAMETERS, Bound.AT_LEAST, PARENT.parameters()));
    assertThatThrownBy(() -> search().best(target, SpeedCorrection.NONE))
        .hasMessageContaining("speed-up at least 1.01 cannot be met: the greatest")
        .hasMessageContaining("is 1.000, given parameters at least ");
  }
}
