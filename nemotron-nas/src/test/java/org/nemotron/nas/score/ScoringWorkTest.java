package org.nemotron.nas.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.PassFlops;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.Candidate;

final class ScoringWorkTest {
  private static final PassFlops PASS = new PassFlops(SmallParent.spec(), 16);
  private static final double LAYER = PASS.block(SmallParent.BLOCK);

  @Test
  void work_candidatesOfFirstAndLastLayer_runOnlyTheLayersBehindThem() {
    ScoringWork scoring = new ScoringWork(SmallParent.spec(), ScoringSettings.DEFAULT, 2, 16);
    FfnSpec half = new FfnSpec.Gated(24);
    double narrow = 2 * 3 * 32 * 24;
    double perToken = 3 * LAYER + (narrow + 2 * LAYER) + narrow;
    assertThat(
            scoring
                .work(ImmutableList.of(new Candidate.Ffn(0, half), new Candidate.Ffn(2, half)), 64)
                .layerFlops())
        .isCloseTo(64 * perToken, within(1e-6));
  }

  @Test
  void work_anyCandidates_haveAHeadEachBesideTheParents() {
    ScoringWork scoring = new ScoringWork(SmallParent.spec(), ScoringSettings.DEFAULT, 2, 16);
    FfnSpec half = new FfnSpec.Gated(24);
    assertThat(scoring.work(ImmutableList.of(new Candidate.Ffn(0, half)), 64).headFlops())
        .isCloseTo(64 * 2 * 2.0 * 32 * 64, within(1e-6));
  }

  @Test
  void bytes_twoPasses_areStatesLogitsAndPasses() {
    ScoringWork scoring = new ScoringWork(SmallParent.spec(), ScoringSettings.DEFAULT, 2, 16);
    long states = 7 * 32 * 32 * 4;
    long logits = 32 * 64 * 4;
    long pass = 32 * 4 * 4 * (8 * 32 + 4 * 48); // four candidates share one
    assertThat(scoring.bytes(4, 2)).isEqualTo(states + logits + 2 * pass);
  }
}
