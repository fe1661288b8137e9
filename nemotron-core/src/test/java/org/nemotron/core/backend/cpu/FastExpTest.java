package org.nemotron.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FastExpTest {
  private static final double CLAIMED = 2e-7;

  /** Every 509th float of its range: some five million. */
  private static final int STRIDE = 509;

  @Test
  void of_wholeRange_isWithinTheClaimedError() {
    double worst = 0;
    for (int bits = 0; bits <= Float.floatToIntBits(88f); bits += STRIDE) {
      float x = Float.intBitsToFloat(bits);
      worst = Math.max(worst, error(x));
      worst = Math.max(worst, error(-Math.min(x, 87f)));
    }
    worst = Math.max(worst, Math.max(error(88f), error(-87f)));
    assertThat(worst).isLessThan(CLAIMED);
  }

  private static double error(float x) {
    double exact = Math.exp(x);
    return Math.abs(FastExp.of(x) - exact) / exact;
  }

  @ParameterizedTest
  @ValueSource(floats = {-87.00001f, -1000f, -Float.MAX_VALUE, Float.NEGATIVE_INFINITY})
  void of_belowTheRange_isZero(float x) {
    assertThat(FastExp.of(x)).isZero();
  }

  @ParameterizedTest
  @ValueSource(floats = {88.00001f, 1000f, Float.MAX_VALUE, Float.POSITIVE_INFINITY})
  void of_aboveTheRange_isFiniteAndThatOf88(float x) {
    assertThat(FastExp.of(x)).isFinite().isEqualTo(FastExp.of(88f));
  }

  @Test
  void of_notANumber_isNotANumber() {
    assertThat(FastExp.of(Float.NaN)).isNaN();
    assertThat(FastExp.silu(Float.NaN)).isNaN();
  }

  @ParameterizedTest
  @ValueSource(floats = {-200f, -88f, -20f, -1.5f, -1e-6f, 0f, 1e-6f, 0.7f, 20f, 90f, 1e30f})
  void silu_anySize_equalsItsFormula(float x) {
    double exact = x / (1 + Math.exp(-(double) x));
    /* Beyond -88 the true value is under 1e-36: what is left of it does not matter. */
    assertThat((double) FastExp.silu(x)).isCloseTo(exact, within(1e-35 + 4e-7 * Math.abs(exact)));
  }
}
