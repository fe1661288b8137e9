package org.nemotron.core.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class RankBeatsTest {
  private static final int LATE_LOOKS = 20;

  private final RankBeats beats = new RankBeats(0, 3, LATE_LOOKS);

  private void look(int rank, int number, String stage, int step) {
    beats.look(rank, RankBeats.beat(number, RankBeats.position(stage, step)));
  }

  @Test
  void failure_allBeat_isNone() {
    for (int number = 0; number < 50; number++) {
      look(1, number, "scores", number);
      look(2, number, "scores", number);
    }
    assertThat(beats.failure()).isEmpty();
  }

  @Test
  void failure_silentRank_isNamedWithItsStep() {
    for (int number = 0; number < 10; number++) {
      look(1, number, "scores", 4);
      look(2, Math.min(number, 1), "local distillation", 17);
    }
    assertThat(beats.failure())
        .hasValue(
            "rank 2 of 3 has been silent for 8 s; it was at local distillation, step 17.\n"
                + "Maybe its process was ended, or its machine: the log there says more.");
  }

  @Test
  void failure_rankThatWasSilentAndIsBack_isNone() {
    for (int look = 0; look < RankBeats.SILENT_LOOKS; look++) {
      look(1, 0, "scores", 4);
    }
    look(1, 1, "scores", 4);
    assertThat(beats.failure()).isEmpty();
  }

  @Test
  void failure_rankThatFailed_saysWhy() {
    look(1, 0, "scores", 4);
    beats.ended(1, "the disk is full");
    assertThat(beats.failure()).hasValue("rank 1 of 3 stopped at scores, step 4: the disk is full");
  }

  @Test
  void failure_rankThatIsDone_isNone() {
    look(1, 0, "scores", 4);
    beats.ended(1, RankBeats.DONE);
    for (int look = 0; look < 20; look++) {
      look(1, 0, "scores", 4);
    }
    assertThat(beats.failure()).isEmpty();
    assertThat(beats.absence(1, "the sum"))
        .hasValue("rank 1 of 3 has ended, and rank 0 waits for it: the sum");
  }

  @Test
  void absence_rankThatBeatsAndStands_isLate() {
    for (int number = 0; number <= LATE_LOOKS; number++) {
      assertThat(beats.absence(1, "the sum")).isEmpty();
      look(1, number, "scores", 4);
    }
    assertThat(beats.failure()).isEmpty();
    assertThat(beats.absence(1, "the sum"))
        .hasValue(
            "rank 1 of 3 has been at scores, step 4 for 20 s, and rank 0 waits for it: the sum.\n"
                + "Maybe it is stuck: the log there says more.");
  }

  @Test
  void laggard_rankThatStandsAtAnEarlierStep_isNamed_andNotThoseThatWaitLikeThisOne() {
    beats.at(RankBeats.position("sum", 9));
    for (int number = 0; number <= LATE_LOOKS; number++) {
      assertThat(beats.laggard("all-gather")).isEmpty();
      look(1, number, "sum", 9);
      look(2, number, "sum", 8);
    }
    assertThat(beats.laggard("all-gather"))
        .hasValue(
            "rank 2 of 3 has been at sum, step 8 for 20 s, and rank 0 waits for it: all-gather.\n"
                + "Maybe it is stuck: the log there says more.");
  }

  @Test
  void laggard_rankThatStandsAtALaterStep_isNone() {
    beats.at(RankBeats.position("sum", 9));
    for (int number = 0; number <= 2 * LATE_LOOKS; number++) {
      look(1, number, "sum", 10);
    }
    assertThat(beats.laggard("all-gather")).isEmpty();
  }

  @Test
  void noNews_longEnough_isSilence() {
    look(1, 0, "the start", -1);
    for (int look = 0; look < RankBeats.SILENT_LOOKS; look++) {
      beats.noNews();
    }
    assertThat(beats.failure().orElseThrow())
        .startsWith("rank 1 of 3 has been silent for 8 s; it was at the start.");
  }
}
