package org.nemotron.core.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.ImmutableDoubleArray;
import org.junit.jupiter.api.Test;

/** Against lm-evaluation-harness 0.4.13. */
final class StandardErrorsTest {
  private static final double ROUNDING = 1e-12;
  private static final ImmutableDoubleArray LOGS =
      ImmutableDoubleArray.of(-1.5, -0.25, -3.0, -2.0, -0.75);

  @Test
  void ofMean_fiveValues_isTheHarness() {
    assertThat(StandardErrors.ofMean(LOGS)).isCloseTo(0.4808846015417836, within(ROUNDING));
  }

  @Test
  void ofMean_oneValue_isNone() {
    assertThat(StandardErrors.ofMean(ImmutableDoubleArray.of(1))).isNaN();
  }

  @Test
  void ofPerplexity_threeThousandDraws_isTheHarness() {
    assertThat(StandardErrors.ofPerplexity(LOGS, 3_000))
        .isCloseTo(2.2775495209134022, within(ROUNDING));
  }
}
