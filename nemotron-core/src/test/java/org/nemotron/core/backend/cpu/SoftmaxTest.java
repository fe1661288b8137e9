package org.nemotron.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SoftmaxTest {
  private static final int ROWS = 3;

  /** That of the exponentials, and of a sum of a few hundred in four lanes. */
  private static final double RELATIVE = 1e-6;

  private final Softmax softmax = new Softmax(new FastExps());

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 63, 64, 257, 1100})
  void exponentials_anyLength_equalTheirFormulaAndTheRestStays(int length) {
    SplittableRandom random = new SplittableRandom(length);
    float[] scores = new float[ROWS * length + 1];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) random.nextDouble(-100, 100);
    }
    float[] computed = scores.clone();
    float[] parts = new float[ROWS];
    softmax.exponentials(computed, ROWS, length, parts);
    for (int row = 0; row < ROWS; row++) {
      double sum = checkedSum(scores, computed, row * length, length);
      assertThat((double) parts[row]).isCloseTo(1 / sum, within(RELATIVE / sum));
    }
    assertThat(computed[ROWS * length]).isEqualTo(scores[ROWS * length]);
  }

  private static double checkedSum(float[] scores, float[] computed, int from, int length) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = from; i < from + length; i++) {
      largest = Math.max(largest, scores[i]);
    }
    double sum = 0;
    for (int i = from; i < from + length; i++) {
      double expected = Math.exp(scores[i] - largest);
      sum += expected;
      assertThat((double) computed[i])
          .isCloseTo(expected, within(Float.MIN_NORMAL + RELATIVE * expected));
    }
    return sum;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 23, 24, 25, 300})
  void exponentials_rowsTogetherOrAlone_giveTheSameBits(int length) {
    SplittableRandom random = new SplittableRandom(length);
    float[] together = new float[ROWS * length];
    for (int i = 0; i < together.length; i++) {
      together[i] = (float) random.nextDouble(-20, 20);
    }
    float[] scores = together.clone();
    float[] parts = new float[ROWS];
    softmax.exponentials(together, ROWS, length, parts);
    for (int row = 0; row < ROWS; row++) {
      float[] alone = new float[length];
      float[] part = new float[1];
      System.arraycopy(scores, row * length, alone, 0, length);
      softmax.exponentials(alone, 1, length, part);
      assertThat(part[0]).isEqualTo(parts[row]);
      for (int i = 0; i < length; i++) {
        assertThat(alone[i]).isEqualTo(together[row * length + i]);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {-88.5f, -1e5f, -8.7e6f, -1e9f, -Float.MAX_VALUE, Float.NEGATIVE_INFINITY})
  void exponentials_farBelowTheLargest_areZero(float score) {
    float[] scores = {0, score, 0, score, score};
    assertThat(part(scores)).isEqualTo(0.5f);
    assertThat(scores).containsExactly(1, 0, 1, 0, 0);
  }

  private float part(float[] scores) {
    float[] part = new float[1];
    softmax.exponentials(scores, 1, scores.length, part);
    return part[0];
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8})
  void exponentials_oneNotANumber_makesThePartNotANumber(int at) {
    float[] scores = new float[9];
    scores[at] = Float.NaN;
    assertThat(part(scores)).isNaN();
  }

  @Test
  void exponentials_infinite_makesThePartNotANumber() {
    assertThat(part(new float[] {1, Float.POSITIVE_INFINITY})).isNaN();
  }
}
