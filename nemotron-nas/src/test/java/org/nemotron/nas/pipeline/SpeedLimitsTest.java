package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nemotron.nas.cost.MedianInterval;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.pipeline.Limit.Bound;
import org.nemotron.nas.pipeline.Limit.Quantity;
import org.nemotron.nas.report.RunSummary.LimitOutcome;

final class SpeedLimitsTest {
  /** 100 tokens in 0.5 to 2 s: latencies of 500 to 2,000 ms. */
  private static final SpeedMeasurement SPEED =
      new SpeedMeasurement(
          new MedianInterval(80, 79, 81),
          new MedianInterval(100, 50, 200),
          new MedianInterval(1.42, 1.14, 1.70));

  private static LimitOutcome outcome(Quantity quantity, Bound bound, double value) {
    SpeedLimits limits =
        new SpeedLimits(
            Target.of("t", new Limit(quantity, bound, value)), new Scenario(1, 10, 100));
    LimitOutcome outcome = limits.checked(SPEED).get(0).outcome();
    assertThat(limits.decided(SPEED)).isEqualTo(outcome != LimitOutcome.NOT_CERTAIN);
    return outcome;
  }

  @Test
  void checked_limitFromBelow_isMetByTheLowerEndAndMissedByTheUpperEnd() {
    assertThat(outcome(Quantity.SPEEDUP, Bound.AT_LEAST, 1.14)).isEqualTo(LimitOutcome.MET);
    assertThat(outcome(Quantity.SPEEDUP, Bound.AT_LEAST, 1.3)).isEqualTo(LimitOutcome.NOT_CERTAIN);
    assertThat(outcome(Quantity.SPEEDUP, Bound.AT_LEAST, 1.7)).isEqualTo(LimitOutcome.NOT_CERTAIN);
    assertThat(outcome(Quantity.SPEEDUP, Bound.AT_LEAST, 1.71)).isEqualTo(LimitOutcome.NOT_MET);
  }

  @Test
  void checked_latencyFromAbove_isMetByTheUpperEndAndMissedByTheLowerEnd() {
    assertThat(outcome(Quantity.LATENCY_MILLIS, Bound.AT_MOST, 2001)).isEqualTo(LimitOutcome.MET);
    assertThat(outcome(Quantity.LATENCY_MILLIS, Bound.AT_MOST, 1000))
        .isEqualTo(LimitOutcome.NOT_CERTAIN);
    assertThat(outcome(Quantity.LATENCY_MILLIS, Bound.AT_MOST, 499))
        .isEqualTo(LimitOutcome.NOT_MET);
  }
}
