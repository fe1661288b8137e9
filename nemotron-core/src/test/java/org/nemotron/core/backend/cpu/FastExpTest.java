package org.nemotron.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
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
  @ValueSource(floats = {-87.7f, -1000f, -Float.MAX_VALUE, Float.NEGATIVE_INFINITY})
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
  }

  @Test
  void apply_anyValues_givesTheSameBitsAsOneByOne() {
    SplittableRandom random = new SplittableRandom(1);
    float[] values = new float[5000];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-100, 100);
    }
    float[] special = {Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, -87f, 88f, 0f};
    System.arraycopy(special, 0, values, 100, special.length);
    float[] all = values.clone();
    new FastExps().apply(all, 3, 4990);
    float[] negated = new FastExps().ofNegated(values, 200);
    for (int i = 0; i < values.length; i++) {
      float expected = i < 3 || i >= 4990 ? values[i] : FastExp.of(values[i]);
      assertThat(Float.compare(all[i], expected)).as("value %s", values[i]).isZero();
      assertThat(i >= 200 || Float.compare(negated[i], FastExp.of(-values[i])) == 0).isTrue();
    }
  }
}
