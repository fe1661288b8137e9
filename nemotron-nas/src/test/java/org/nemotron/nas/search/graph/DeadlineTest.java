package org.nemotron.nas.search.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class DeadlineTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration DAY = Duration.ofDays(1);

  @Test
  void atMost_laterOrEarlier_isTheEarlierOfBoth() {
    assertThat(Deadline.startingNow(DAY, () -> false).atMost(HOUR).left())
        .isBetween(HOUR.dividedBy(2), HOUR);
    assertThat(Deadline.startingNow(HOUR, () -> false).atMost(DAY).left())
        .isBetween(HOUR.dividedBy(2), HOUR);
  }

  @Test
  void isPast_timeOverOrCancelled_isTrue() {
    assertThat(Deadline.startingNow(Duration.ZERO, () -> false).isPast()).isTrue();
    assertThat(Deadline.startingNow(Duration.ZERO, () -> false).left()).isZero();
    assertThat(Deadline.startingNow(DAY, () -> true).isPast()).isTrue();
    assertThat(Deadline.startingNow(DAY, () -> true).atMost(HOUR).cancelled()).isTrue();
    assertThat(Deadline.startingNow(DAY, () -> false).isPast()).isFalse();
  }
}
