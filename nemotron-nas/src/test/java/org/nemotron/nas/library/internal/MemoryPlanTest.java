package org.nemotron.nas.library.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.nemotron.core.activation.HiddenStates.Place;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.internal.MemoryPlan.Scoring;
import org.nemotron.nas.library.internal.MemoryPlan.ScoringNeed;
import org.nemotron.nas.library.internal.MemoryPlan.Training;

final class MemoryPlanTest {
  private static final ImmutableList<Candidate> CANDIDATES =
      SmallParent.SPACE.candidates(SmallParent.spec());

  private static final ScoringNeed NEED = new ScoringNeed(700, 100, 50, false);

  private static Training training(MemoryPlan plan, long tokens, int residentLayers) {
    return plan.training(SmallParent.spec(), CANDIDATES, tokens, residentLayers, 0);
  }

  private static Training training(long gpuBytes, int residentLayers) {
    return training(new MemoryPlan(Optional.of(gpuBytes), 4), 64, residentLayers);
  }

  private static Scoring scoring(long gpuBytes, Optional<Place> place) {
    return new MemoryPlan(Optional.of(gpuBytes), 4).scoring(NEED, place);
  }

  private static Scoring scoring(long gpuBytes) {
    return scoring(gpuBytes, Optional.empty());
  }

  @Test
  void new_noThreads_isRefused() {
    assertThatThrownBy(() -> new MemoryPlan(Optional.empty(), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("threads (0) must be positive");
  }

  @Test
  void training_cpu_trainsAllLayersAtATimeUnlessANumberIsNamed() {
    MemoryPlan plan = MemoryPlan.of(Device.CPU, 4);
    assertThat(training(plan, 64, 0)).isEqualTo(new Training(4, 3));
    assertThat(training(plan, 64, 2)).isEqualTo(new Training(4, 2));
  }

  @Test
  void training_plentyOfMemory_trainsAllLayersOnAllThreads() {
    assertThat(training(1L << 40, 0)).isEqualTo(new Training(4, 3));
  }

  @Test
  void training_noMemory_triesOneLayerOnOneThread() {
    assertThat(training(0, 0)).isEqualTo(new Training(1, 1));
  }

  @Test
  void training_lessMemory_neverTrainsMoreAtATime() {
    Training before = training(1L << 40, 0);
    for (long free = 1L << 30; free > 0; free /= 2) {
      Training plan = training(free, 0);
      assertThat(plan.workers()).isLessThanOrEqualTo(before.workers());
      assertThat(plan.layers()).isLessThanOrEqualTo(3);
      before = plan;
    }
    assertThat(before).isEqualTo(new Training(1, 1));
  }

  @Test
  void training_layersNamed_areKeptTo() {
    assertThat(training(0, 2).layers()).isEqualTo(2);
    assertThat(training(1L << 40, 1).layers()).isEqualTo(1);
  }

  @Test
  void training_stepsLargeEnoughToKeepAGpuBusy_trainsTwoAtATimeAtMost() {
    MemoryPlan plan = new MemoryPlan(Optional.of(1L << 50), 16);
    assertThat(training(plan, 1L << 30, 0).workers()).isEqualTo(2);
  }

  @Test
  void scoring_cpu_keepsStatesWhereTheyAreWanted() {
    MemoryPlan plan = MemoryPlan.of(Device.CPU, 3);
    assertThat(plan.scoring(NEED, Optional.empty())).isEqualTo(new Scoring(3, Place.DEVICE));
    assertThat(plan.scoring(NEED, Optional.of(Place.HOST))).isEqualTo(new Scoring(3, Place.HOST));
  }

  @Test
  void scoring_everythingFits_keepsStatesOnTheDeviceAndFillsTheRestWithPasses() {
    assertThat(scoring(1000)).isEqualTo(new Scoring(4, Place.DEVICE));
    assertThat(scoring(950)).isEqualTo(new Scoring(3, Place.DEVICE));
    assertThat(scoring(850)).isEqualTo(new Scoring(1, Place.DEVICE));
  }

  @Test
  void scoring_statesDoNotFit_keepsThemOnTheHost() {
    assertThat(scoring(849)).isEqualTo(new Scoring(4, Place.HOST));
    assertThat(scoring(200)).isEqualTo(new Scoring(2, Place.HOST));
  }

  @Test
  void scoring_nothingFits_triesOnePassAllTheSame() {
    assertThat(scoring(0)).isEqualTo(new Scoring(1, Place.HOST));
  }

  @Test
  void scoring_placeNamed_isKeptTo() {
    assertThat(scoring(2000, Optional.of(Place.HOST))).isEqualTo(new Scoring(4, Place.HOST));
    assertThat(scoring(0, Optional.of(Place.DEVICE))).isEqualTo(new Scoring(1, Place.DEVICE));
  }

  @Test
  void scoring_onePassKeepsTheGpuBusy_runsTwoAtMost() {
    MemoryPlan plan = new MemoryPlan(Optional.of(2000L), 16);
    assertThat(plan.scoring(new ScoringNeed(700, 100, 50, true), Optional.empty()))
        .isEqualTo(new Scoring(2, Place.DEVICE));
  }

  @Test
  void scoringNeed_ofAParent_countsHiddenStatesMiddlesAndLogits() {
    ScoringNeed need = ScoringNeed.of(SmallParent.spec(), 2, 100, 3);
    assertThat(need.statesBytes()).isEqualTo(7 * 100 * SmallParent.WIDTH * 2);
    assertThat(need.logitsBytes()).isEqualTo(100 * SmallParent.VOCABULARY * 2);
    assertThat(need.passBytes())
        .isEqualTo(300 * 2 * (8 * SmallParent.WIDTH + 4 * SmallParent.CHANNELS));
  }
}
