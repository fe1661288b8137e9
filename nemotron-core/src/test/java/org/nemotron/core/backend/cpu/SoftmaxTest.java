package org.nemotron.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SoftmaxTest {
  /** That of the exponentials, and of a sum of a few hundred in four lanes. */
  private static final double RELATIVE = 1e-6;

  private final Softmax softmax = new Softmax();

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 63, 64, 257})
  void exponentials_anyLength_equalTheirFormulaAndTheRestStays(int length) {
    SplittableRandom random = new SplittableRandom(length);
    float[] scores = new float[length + 1];
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i <= length; i++) {
      scores[i] = (float) random.nextDouble(-100, 100);
      largest = i < length ? Math.max(largest, scores[i]) : largest;
    }
    float[] computed = scores.clone();
    double sum = softmax.exponentials(computed, length);
    double expectedSum = 0;
    for (int i = 0; i < length; i++) {
      double difference = (float) (scores[i] - largest);
      double expected = difference < -87.3 ? 0 : Math.exp(difference);
      expectedSum += expected;
      assertThat((double) computed[i])
          .isCloseTo(expected, within(Float.MIN_NORMAL + RELATIVE * expected));
    }
    assertThat(sum).isCloseTo(expectedSum, within(RELATIVE * expectedSum));
    assertThat(computed[length]).isEqualTo(scores[length]);
  }

  @ParameterizedTest
  @ValueSource(floats = {-88.5f, -1e5f, -8.7e6f, -1e9f, -Float.MAX_VALUE, Float.NEGATIVE_INFINITY})
  void exponentials_farBelowTheLargest_areZero(float score) {
    float[] scores = {0, score, 0, score, score};
    assertThat(softmax.exponentials(scores, 5)).isEqualTo(2);
    assertThat(scores).containsExactly(1, 0, 1, 0, 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8})
  void exponentials_oneNotANumber_sumIsNotANumber(int at) {
    float[] scores = new float[9];
    scores[at] = Float.NaN;
    assertThat(softmax.exponentials(scores, 9)).isNaN();
  }

  @Test
  void exponentials_infinite_sumIsNotANumber() {
    assertThat(softmax.exponentials(new float[] {1, Float.POSITIVE_INFINITY}, 2)).isNaN();
  }
}
