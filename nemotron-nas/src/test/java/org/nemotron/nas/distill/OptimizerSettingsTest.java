package org.nemotron.nas.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class OptimizerSettingsTest {
  /** A few operations in float64. */
  private static final double TOLERANCE = 1e-15;

  private static final OptimizerSettings SETTINGS =
      new OptimizerSettings(1e-3, 0.1, 0.1, 0.9, 0.95, 0, 1);

  @Test
  void rateAt_warmUp_risesByEqualSteps() {
    // Ten steps of warm-up: the highest rate is that of the step behind them.
    for (int step = 0; step <= 10; step++) {
      assertThat(SETTINGS.rateAt(step, 100))
          .isCloseTo(1e-3 * Math.min(1, (step + 1) / 11.0), within(TOLERANCE));
    }
  }

  @Test
  void rateAt_halfWayDown_isTheMeanOfHighestAndLast() {
    assertThat(SETTINGS.rateAt(55, 100)).isCloseTo(1e-3 * 0.55, within(TOLERANCE));
  }

  @Test
  void rateAt_theEnd_isTheFinalShare() {
    assertThat(SETTINGS.rateAt(100, 100)).isCloseTo(1e-4, within(TOLERANCE));
  }

  @Test
  void rateAt_behindTheWarmUp_onlyFalls() {
    for (int step = 11; step <= 100; step++) {
      assertThat(SETTINGS.rateAt(step, 100)).isLessThan(SETTINGS.rateAt(step - 1, 100));
    }
  }

  @Test
  void rateAt_noWarmUpAndOneStep_isTheHighest() {
    OptimizerSettings plain = new OptimizerSettings(2e-3, 0, 0, 0.9, 0.95, 0, 1);
    assertThat(plain.rateAt(0, 1)).isEqualTo(2e-3);
  }

  @Test
  void new_warmUpOfAllSteps_isRefused() {
    assertThatThrownBy(() -> new OptimizerSettings(1, 1, 0, 0, 0, 0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("warmupFraction (1.0) must lie in [0, 1)");
  }
}
