package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nemotron.nas.SmallParent;

final class StageDependenciesTest {
  private static final CompressionPlan PLAN = TinyRun.unread();

  private static StageInputs costsOn(String machine) {
    return StageDependencies.costs(PLAN, SmallParent.spec(), machine);
  }

  @Test
  void costs_anotherGpu_differInTheMachine() {
    assertThat(costsOn("NVIDIA H100 80GB HBM3").changedSince(costsOn("NVIDIA H200")))
        .containsExactly("machine");
  }

  @Test
  void costs_theSameGpuAgain_areTheSame() {
    assertThat(costsOn("NVIDIA H200")).isEqualTo(costsOn("NVIDIA H200"));
  }
}
