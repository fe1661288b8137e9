package org.nemotron.nas.distill;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.Candidate;

final class DistillationMemoryPlanTest {
  private static final ImmutableList<Candidate> CANDIDATES =
      SmallParent.SPACE.candidates(SmallParent.spec());

  private static LocalDistillationSettings settings(int threads, int residentLayers) {
    return new LocalDistillationSettings(
        1, OptimizerSettings.ofRate(1e-3), threads, 10, residentLayers);
  }

  private static DistillationMemoryPlan fitting(long freeBytes, int threads, int residentLayers) {
    return DistillationMemoryPlan.fitting(
        freeBytes, SmallParent.spec(), CANDIDATES, 64, settings(threads, residentLayers));
  }

  @Test
  void of_cpu_trainsAllLayersAtATimeUnlessToldOtherwise() {
    assertThat(
            DistillationMemoryPlan.of(
                Device.CPU, SmallParent.spec(), CANDIDATES, 64, settings(4, 0)))
        .isEqualTo(new DistillationMemoryPlan(4, 3));
    assertThat(
            DistillationMemoryPlan.of(
                Device.CPU, SmallParent.spec(), CANDIDATES, 64, settings(4, 2)))
        .isEqualTo(new DistillationMemoryPlan(4, 2));
  }

  @Test
  void fitting_plentyOfMemory_trainsAllLayersOnAllThreads() {
    assertThat(fitting(1L << 40, 4, 0)).isEqualTo(new DistillationMemoryPlan(4, 3));
  }

  @Test
  void fitting_noMemory_triesOneLayerOnOneThread() {
    assertThat(fitting(0, 4, 0)).isEqualTo(new DistillationMemoryPlan(1, 1));
  }

  @Test
  void fitting_lessMemory_neverTrainsMoreAtATime() {
    DistillationMemoryPlan before = fitting(1L << 40, 4, 0);
    for (long free = 1L << 30; free > 0; free /= 2) {
      DistillationMemoryPlan room = fitting(free, 4, 0);
      assertThat(room.team()).isLessThanOrEqualTo(before.team());
      assertThat(room.layers()).isLessThanOrEqualTo(3);
      before = room;
    }
    assertThat(before).isEqualTo(new DistillationMemoryPlan(1, 1));
  }

  @Test
  void fitting_layersNamed_areKeptTo() {
    assertThat(fitting(0, 4, 2).layers()).isEqualTo(2);
    assertThat(fitting(1L << 40, 4, 1).layers()).isEqualTo(1);
  }

  @Test
  void fitting_stepsLargeEnoughToKeepAGpuBusy_trainsTwoAtATimeAtMost() {
    DistillationMemoryPlan room =
        DistillationMemoryPlan.fitting(
            1L << 50, SmallParent.spec(), CANDIDATES, 1L << 30, settings(16, 0));
    assertThat(room.team()).isEqualTo(2);
  }
}
