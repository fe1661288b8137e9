package org.nemotron.core.eval.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class PassAtKTest {
  @Test
  void estimate_oneOfTwenty_isTheShare() {
    assertThat(PassAtK.estimate(20, 5, 1)).isCloseTo(0.25, within(1e-12));
  }

  /** 1 - (3 over 2) / (5 over 2). */
  @Test
  void estimate_twoOfFive_countsPairs() {
    assertThat(PassAtK.estimate(5, 2, 2)).isCloseTo(0.7, within(1e-12));
  }

  @Test
  void estimate_fewerWrongThanK_isOne() {
    assertThat(PassAtK.estimate(5, 4, 2)).isEqualTo(1);
    assertThat(PassAtK.estimate(5, 0, 5)).isZero();
  }

  @Test
  void estimate_moreThanSamples_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PassAtK.estimate(5, 2, 6))
        .withMessage("k (6) must be from 1 to the number of samples (5)");
  }
}
