package org.nemotron.nas.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.report.SearchRound.KlToParent;
import org.nemotron.nas.report.SearchRound.Step;

final class SearchRoundTest {
  private static final KlToParent BEFORE = new KlToParent(0.4, 0.3);
  private static final Step MANY = new Step(4, 3, 0.31, new KlToParent(0.45, 0.35), false);
  private static final Step ONE = new Step(2, 1, 0.38, new KlToParent(0.38, 0.29), true);

  @Test
  void after_stepTaken_isWhatItMeasured() {
    SearchRound round = new SearchRound(1, BEFORE, ImmutableList.of(MANY, ONE));
    assertThat(round.taken()).contains(ONE);
    assertThat(round.after()).isEqualTo(ONE.measured());
    assertThat(SearchRoundText.sentence("child", round))
        .isEqualTo(
            "child: KL to the parent before distillation 0.300 -> 0.290 nats; 3 of at most 4"
                + " exchanged, assembled 0.310 predicted and 0.450 measured, not taken; 1 of at"
                + " most 2 exchanged, assembled 0.380 predicted and 0.380 measured, taken");
  }

  @Test
  void after_noStep_isTheChildBefore() {
    SearchRound round = new SearchRound(2, BEFORE, ImmutableList.of());
    assertThat(round.after()).isEqualTo(BEFORE);
    assertThat(SearchRoundText.sentence("child", round))
        .isEqualTo(
            "child: KL to the parent before distillation 0.300 -> 0.300 nats; no exchange promises"
                + " less");
  }

  @Test
  void newRound_twoStepsTaken_isRefused() {
    ImmutableList<Step> both = ImmutableList.of(MANY.asTaken(), ONE);
    assertThatThrownBy(() -> new SearchRound(1, BEFORE, both))
        .hasMessage("round 1: steps taken (2) must be at most 1");
  }

  @Test
  void newStep_moreExchangedThanAllowed_isRefused() {
    assertThatThrownBy(() -> new Step(2, 3, 0.1, BEFORE, false))
        .hasMessage("exchanged (3) must be from 1 to 2");
    assertThatThrownBy(() -> new KlToParent(Double.NaN, 0))
        .hasMessage("assembledNats (NaN) must be finite");
  }
}
