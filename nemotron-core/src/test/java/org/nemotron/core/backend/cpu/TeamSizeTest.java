package org.nemotron.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

final class TeamSizeTest {
  private static final long MILLI = 1_000_000;

  /** Runs {@code steps} whose time depends on the size; returns how many had {@code wanted}. */
  private static int steps(
      TeamSize size, int rows, int steps, int wanted, IntToLongFunction nanos) {
    int chosen = 0;
    for (int step = 0; step < steps; step++) {
      int threads = size.choose(rows);
      chosen += threads == wanted ? 1 : 0;
      size.took(rows, threads, nanos.applyAsLong(threads));
    }
    return chosen;
  }

  @Test
  void choose_nothingKnown_isTheLargest() {
    assertThat(TeamSize.upTo(6, 6).choose(1)).isEqualTo(6);
    assertThat(TeamSize.upTo(1, 1).choose(1)).isOne();
  }

  @Test
  void choose_oneIsFaster_isOneNearlyAlways() {
    TeamSize size = TeamSize.upTo(2, 2);
    int unused = steps(size, 1, 200, 1, threads -> threads == 1 ? MILLI : 2 * MILLI);
    assertThat(steps(size, 1, 2000, 1, threads -> threads == 1 ? MILLI : 2 * MILLI))
        .isGreaterThan(1950);
  }

  @Test
  void choose_twoAreFaster_isTwoNearlyAlways() {
    TeamSize size = TeamSize.upTo(2, 2);
    int unused = steps(size, 8, 200, 2, threads -> 2 * MILLI / threads);
    assertThat(steps(size, 8, 2000, 2, threads -> 2 * MILLI / threads)).isGreaterThan(1950);
  }

  @Test
  void choose_fasterNoMore_changes() {
    TeamSize size = TeamSize.upTo(4, 4);
    int unused = steps(size, 1, 1000, 4, threads -> 4 * MILLI / threads);
    assertThat(size.choose(1)).isEqualTo(4);
    int before = steps(size, 1, 1000, 1, threads -> threads == 1 ? 4 * MILLI : 20 * MILLI);
    assertThat(before).isPositive();
    assertThat(steps(size, 1, 500, 1, threads -> threads == 1 ? 4 * MILLI : 20 * MILLI))
        .isGreaterThan(400);
  }

  @Test
  void choose_quota_countsTheTimeThatTheTeamStandsStill() {
    // Two threads are 1.2 times faster, and stand still for a quarter of the time.
    IntToLongFunction nanos = threads -> threads == 1 ? 12 * MILLI / 10 : MILLI;
    TeamSize free = TeamSize.upTo(2, 2);
    TeamSize held = TeamSize.upTo(2, 1.5);
    int unused = steps(free, 1, 500, 2, nanos) + steps(held, 1, 500, 1, nanos);
    assertThat(steps(free, 1, 500, 2, nanos)).isGreaterThan(450);
    assertThat(steps(held, 1, 500, 1, nanos)).isGreaterThan(400);
  }

  @Test
  void choose_longSteps_triesFewerLateAndSeldom() {
    TeamSize size = TeamSize.upTo(2, 2);
    assertThat(steps(size, 256, 16, 2, threads -> 400 * MILLI / threads)).isEqualTo(16);
    assertThat(steps(size, 256, 300, 2, threads -> 400 * MILLI / threads)).isBetween(290, 299);
  }

  @Test
  void choose_longStepsThatOneDoesBetter_isOneInTheEnd() {
    TeamSize size = TeamSize.upTo(2, 2);
    int unused = steps(size, 1, 30, 1, threads -> 30L * threads * MILLI);
    assertThat(steps(size, 1, 100, 1, threads -> 30L * threads * MILLI)).isGreaterThan(95);
  }

  @Test
  void took_fewerThreadsThanChosen_saysNothing() {
    TeamSize size = TeamSize.upTo(2, 2);
    for (int step = 0; step < 100; step++) {
      size.took(1, 1, MILLI);
    }
    assertThat(size.choose(1)).isEqualTo(2);
  }

  @Test
  void only_anything_isThat() {
    TeamSize size = TeamSize.only(3);
    assertThat(steps(size, 1, 500, 3, threads -> MILLI)).isEqualTo(500);
  }
}
