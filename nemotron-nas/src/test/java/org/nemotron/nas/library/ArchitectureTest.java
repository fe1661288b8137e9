package org.nemotron.nas.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.SmallParent;

final class ArchitectureTest {
  private static final ModelSpec PARENT = SmallParent.spec();

  @Test
  void new_gapBetweenPlacements_namesBothLayers() {
    BlockChoice first = new BlockChoice(0, 1, SmallParent.BLOCK, BlockChoice.Origin.PARENT);
    BlockChoice third = new BlockChoice(2, 1, SmallParent.BLOCK, BlockChoice.Origin.PARENT);
    assertThatThrownBy(() -> new Architecture(ImmutableList.of(first, third)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a placement begins at layer 2 but must begin at 1");
  }

  @Test
  void ofOne_attention_keepsTheParentsNetwork() {
    AttentionSpec none = new AttentionSpec.NoOp();
    assertThat(Architecture.ofOne(PARENT, new Candidate.Attention(1, none)).blocks())
        .containsExactly(
            SmallParent.BLOCK, new BlockSpec(none, SmallParent.FFN), SmallParent.BLOCK);
  }

  @Test
  void blocks_coveringPlacement_isFollowedByLayersThatDoNothing() {
    Architecture covering =
        Architecture.ofOne(PARENT, new Candidate.Whole(0, 2, SmallParent.BLOCK));
    assertThat(covering.blocks())
        .containsExactly(SmallParent.BLOCK, BlockSpec.NO_OP, SmallParent.BLOCK);
    assertThat(covering.layers()).isEqualTo(3);
  }

  @Test
  void placement_originDoesNotFitTheCount_isRefused() {
    assertThatThrownBy(() -> new BlockChoice(1, 2, SmallParent.BLOCK, BlockChoice.Origin.COUPLED))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layer 1: a block that covers 2 layers cannot be COUPLED");
  }

  @Test
  void specJson_everyCandidateOfASpace_comesBackEqual() throws IOException {
    ImmutableList<Candidate> all =
        ImmutableList.<Candidate>builder()
            .addAll(SmallParent.SPACE.candidates(PARENT))
            .add(new Candidate.Whole(2, 1, BlockSpec.NO_OP))
            .build();
    for (Candidate candidate : all) {
      assertThat(CandidateJson.candidate(CandidateJson.of(candidate))).isEqualTo(candidate);
    }
  }
}
