package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

final class TrainingHealthTest {
  private final TrainingHealth health = new TrainingHealth("child", 1000);

  private void steps(int count, double loss) {
    for (int step = 0; step < count; step++) {
      assertThat(health.loss(step, loss)).isEmpty();
      health.advanced(1002 + 2 * step);
    }
  }

  @Test
  void loss_notFinite_isNamedOnce() {
    steps(2, 1);
    assertThat(health.loss(2, Double.NaN)).contains("child, step 2: the loss (NaN) is not finite.");
    assertThat(health.loss(3, Double.POSITIVE_INFINITY)).isEmpty();
  }

  @Test
  void loss_farAboveItsMedian_isNamedUntilItIsBack() {
    steps(10, 2);
    assertThat(health.loss(10, 9))
        .contains(
            "child, step 10: the loss (9.000) is 4.5 times its recent median (2.000); it may be"
                + " diverging.");
    assertThat(health.loss(11, 9)).isEmpty();
    assertThat(health.loss(12, 2)).isEmpty();
    assertThat(health.loss(13, 9)).isPresent();
  }

  @Test
  void loss_fewSteps_areNoGround() {
    steps(4, 1);
    assertThat(health.loss(4, 100)).isEmpty();
  }

  @Test
  void silence_slowSteps_areNotNamed() {
    steps(10, 1); // two seconds each, until 1020
    assertThat(health.silence(1079)).isEqualTo(Optional.empty());
  }

  @Test
  void silence_longerThanAMinuteAndTwentySteps_isNamedOnce() {
    steps(10, 1);
    assertThat(health.silence(1085))
        .contains(
            "child: no step has ended for 65 s, where one usually takes 2.00 s; it may hang.");
    assertThat(health.silence(1200)).isEmpty();
    health.advanced(1201);
    assertThat(health.silence(1300)).isPresent();
  }

  @Test
  void silence_beforeTheFirstSteps_isNamedAfterAQuarterOfAnHour() {
    assertThat(health.silence(1899)).isEmpty();
    assertThat(health.silence(1900)).contains("child: no step has ended for 900 s; it may hang.");
  }
}
