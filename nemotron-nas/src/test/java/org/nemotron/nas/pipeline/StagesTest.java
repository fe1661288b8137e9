package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.SmallParent;

final class StagesTest {
  private static final CompressionPlan PLAN =
      CompressionPlan.of("parent", "run", ImmutableList.of("a.txt"), ImmutableList.of("b.txt"));

  private static StageInputs costsOn(String machine) throws IOException {
    return Stages.costsInputs(PLAN, SmallParent.spec(), machine);
  }

  @Test
  void costsInputs_anotherCard_differInTheMachine() throws IOException {
    assertThat(costsOn("NVIDIA H100 80GB HBM3").changedSince(costsOn("NVIDIA H200")))
        .containsExactly("machine");
  }

  @Test
  void costsInputs_theSameCardAgain_areTheSame() throws IOException {
    assertThat(costsOn("NVIDIA H200")).isEqualTo(costsOn("NVIDIA H200"));
  }
}
