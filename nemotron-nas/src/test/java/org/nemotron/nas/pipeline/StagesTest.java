package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.nas.SmallParent;

final class StagesTest {
  private static final CompressionPlan PLAN =
      CompressionPlan.of("parent", "run", ImmutableList.of("a.txt"), ImmutableList.of("b.txt"));

  private static Fingerprint costsOn(String machine) throws IOException {
    return Stages.costsFingerprint(PLAN, SmallParent.spec(), machine);
  }

  @Test
  void costsFingerprint_anotherCard_isAnother() throws IOException {
    assertThat(costsOn("NVIDIA H100 80GB HBM3")).isNotEqualTo(costsOn("NVIDIA H200"));
  }

  @Test
  void costsFingerprint_theSameCardAgain_isTheSame() throws IOException {
    assertThat(costsOn("NVIDIA H200")).isEqualTo(costsOn("NVIDIA H200"));
  }
}
