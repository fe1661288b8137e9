package org.nemotron.nas.score;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nemotron.core.activation.HiddenStates.Place;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.score.ScoringSettings.HiddenStates;

final class ScoringMemoryPlanTest {
  private static final ScoringMemoryPlan.Need NEED =
      new ScoringMemoryPlan.Need(700, 100, 50, false);

  private static ScoringMemoryPlan room(long freeBytes, HiddenStates hiddenStates) {
    return ScoringMemoryPlan.fitting(freeBytes, NEED, new ScoringSettings(1, 1, 4, hiddenStates));
  }

  @Test
  void fitting_everythingFits_keepsStatesOnTheDeviceAndFillsTheRestWithPasses() {
    assertThat(room(1000, HiddenStates.AUTOMATIC))
        .isEqualTo(new ScoringMemoryPlan(4, Place.DEVICE));
    assertThat(room(950, HiddenStates.AUTOMATIC)).isEqualTo(new ScoringMemoryPlan(3, Place.DEVICE));
    assertThat(room(850, HiddenStates.AUTOMATIC)).isEqualTo(new ScoringMemoryPlan(1, Place.DEVICE));
  }

  @Test
  void fitting_statesDoNotFit_keepsThemOnTheHost() {
    assertThat(room(849, HiddenStates.AUTOMATIC)).isEqualTo(new ScoringMemoryPlan(4, Place.HOST));
    assertThat(room(200, HiddenStates.AUTOMATIC)).isEqualTo(new ScoringMemoryPlan(2, Place.HOST));
  }

  @Test
  void fitting_nothingFits_triesOnePassAllTheSame() {
    assertThat(room(0, HiddenStates.AUTOMATIC)).isEqualTo(new ScoringMemoryPlan(1, Place.HOST));
  }

  @Test
  void fitting_placeNamed_isKeptTo() {
    assertThat(room(2000, HiddenStates.HOST)).isEqualTo(new ScoringMemoryPlan(4, Place.HOST));
    assertThat(room(0, HiddenStates.DEVICE)).isEqualTo(new ScoringMemoryPlan(1, Place.DEVICE));
  }

  @Test
  void fitting_onePassKeepsTheGpuBusy_runsTwoAtMost() {
    ScoringMemoryPlan.Need busy = new ScoringMemoryPlan.Need(700, 100, 50, true);
    assertThat(ScoringMemoryPlan.fitting(2000, busy, new ScoringSettings(1, 1, 16)))
        .isEqualTo(new ScoringMemoryPlan(2, Place.DEVICE));
  }

  @Test
  void need_ofAParent_countsHiddenStatesMiddlesAndLogits() {
    ScoringMemoryPlan.Need need =
        ScoringMemoryPlan.Need.of(SmallParent.spec(), 2, 100, new ScoringSettings(1, 3, 1));
    assertThat(need.statesBytes()).isEqualTo(7 * 100 * SmallParent.WIDTH * 2);
    assertThat(need.logitsBytes()).isEqualTo(100 * SmallParent.VOCABULARY * 2);
    assertThat(need.passBytes())
        .isEqualTo(300 * 2 * (8 * SmallParent.WIDTH + 4 * SmallParent.CHANNELS));
  }
}
