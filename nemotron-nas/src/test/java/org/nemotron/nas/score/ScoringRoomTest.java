package org.nemotron.nas.score;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nemotron.core.nn.ResidualStream.Place;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.score.ScoringSettings.HiddenStates;

final class ScoringRoomTest {
  private static final ScoringRoom.Need NEED = new ScoringRoom.Need(700, 100, 50, false);

  private static ScoringRoom room(long freeBytes, HiddenStates hiddenStates) {
    return ScoringRoom.fitting(freeBytes, NEED, new ScoringSettings(1, 1, 4, hiddenStates));
  }

  @Test
  void fitting_everythingFits_keepsStatesOnTheDeviceAndFillsTheRestWithPasses() {
    assertThat(room(1000, HiddenStates.AUTOMATIC)).isEqualTo(new ScoringRoom(4, Place.DEVICE));
    assertThat(room(950, HiddenStates.AUTOMATIC)).isEqualTo(new ScoringRoom(3, Place.DEVICE));
    assertThat(room(850, HiddenStates.AUTOMATIC)).isEqualTo(new ScoringRoom(1, Place.DEVICE));
  }

  @Test
  void fitting_statesDoNotFit_keepsThemOnTheHost() {
    assertThat(room(849, HiddenStates.AUTOMATIC)).isEqualTo(new ScoringRoom(4, Place.HOST));
    assertThat(room(200, HiddenStates.AUTOMATIC)).isEqualTo(new ScoringRoom(2, Place.HOST));
  }

  @Test
  void fitting_nothingFits_triesOnePassAllTheSame() {
    assertThat(room(0, HiddenStates.AUTOMATIC)).isEqualTo(new ScoringRoom(1, Place.HOST));
  }

  @Test
  void fitting_placeNamed_isKeptTo() {
    assertThat(room(2000, HiddenStates.HOST)).isEqualTo(new ScoringRoom(4, Place.HOST));
    assertThat(room(0, HiddenStates.DEVICE)).isEqualTo(new ScoringRoom(1, Place.DEVICE));
  }

  @Test
  void fitting_onePassKeepsTheCardBusy_runsTwoAtMost() {
    ScoringRoom.Need busy = new ScoringRoom.Need(700, 100, 50, true);
    assertThat(ScoringRoom.fitting(2000, busy, new ScoringSettings(1, 1, 16)))
        .isEqualTo(new ScoringRoom(2, Place.DEVICE));
  }

  @Test
  void need_ofAParent_countsSeamsMiddlesAndLogits() {
    ScoringRoom.Need need =
        ScoringRoom.Need.of(SmallParent.spec(), 2, 100, new ScoringSettings(1, 3, 1));
    assertThat(need.statesBytes()).isEqualTo(7 * 100 * SmallParent.WIDTH * 2);
    assertThat(need.logitsBytes()).isEqualTo(100 * SmallParent.VOCABULARY * 2);
    assertThat(need.passBytes())
        .isEqualTo(300 * 2 * (8 * SmallParent.WIDTH + 4 * SmallParent.CHANNELS));
  }
}
