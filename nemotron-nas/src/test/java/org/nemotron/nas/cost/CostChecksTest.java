package org.nemotron.nas.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** What is refused before anything is measured, and what one round says of its spread. */
final class CostChecksTest {
  private static final Scenario SMALLEST = new Scenario(1, 1, 1);

  @Test
  void scenario_anythingNotPositive_isRefusedByName() {
    assertThatThrownBy(() -> new Scenario(0, 1, 1)).hasMessage("batch (0) must be positive");
    assertThatThrownBy(() -> new Scenario(1, 0, 1)).hasMessage("promptTokens (0) must be positive");
    assertThatThrownBy(() -> new Scenario(1, 1, 0)).hasMessage("outputTokens (0) must be positive");
    assertThat(SMALLEST.sequenceTokens()).isEqualTo(2);
  }

  @Test
  void withBatch_otherBatch_changesThatAlone() {
    assertThat(new Scenario(2, 3, 4).withBatch(5)).isEqualTo(new Scenario(5, 3, 4));
  }

  @Test
  void meters_withoutRounds_areRefusedByName() {
    assertThatThrownBy(() -> new MeterSettings(0, 1, 1))
        .hasMessage("prefillRounds (0) must be positive");
    assertThatThrownBy(() -> new MeterSettings(1, 0, 1))
        .hasMessage("decodeRounds (0) must be positive");
    assertThatThrownBy(() -> new MeterSettings(1, 1, 0))
        .hasMessage("generationRounds (0) must be positive");
  }

  @Test
  void latency_severalRounds_areTheMedianAndHalfTheDistanceOfTheQuartiles() {
    Timings timings = new Timings();
    for (long nanos : new long[] {10, 20, 30, 40, 50}) {
      timings.addPrefill(nanos);
      timings.addDecode(2 * nanos);
    }
    Latency latency = timings.latency();
    assertThat(latency).isEqualTo(new Latency(30, 60, 10, 20));
  }

  @Test
  void latency_notFinite_isRefusedWithAllFigures() {
    assertThatThrownBy(() -> new Latency(1, Double.NaN, 2, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a latency must be finite: prefill 1.0 ± 2.0 ns, decode NaN ± 3.0 ns");
    assertThatThrownBy(() -> new Latency(Double.POSITIVE_INFINITY, 1, 2, 3))
        .hasMessageStartingWith("a latency must be finite: prefill Infinity");
    assertThatThrownBy(() -> new Latency(1, 1, Double.NaN, 3))
        .hasMessageStartingWith("a latency must be finite: prefill 1.0 ± NaN");
    assertThatThrownBy(() -> new Latency(1, 1, 2, Double.NaN))
        .hasMessageEndingWith("decode 1.0 ± NaN ns");
  }
}
