package org.nemotron.nas.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.SmallParent;

final class ArchitectureTest {
  private static final ModelSpec PARENT = SmallParent.spec();

  @Test
  void new_gapBetweenBlocks_namesBothLayers() {
    BlockChoice first = new BlockChoice.Parent(0, SmallParent.BLOCK);
    BlockChoice third = new BlockChoice.Parent(2, SmallParent.BLOCK);
    assertThatThrownBy(() -> new Architecture(ImmutableList.of(first, third)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a block begins at layer 2 but must begin at 1");
  }

  @Test
  void ofOne_attention_keepsTheParentsFfn() {
    AttentionSpec none = new AttentionSpec.NoOp();
    assertThat(Architecture.ofOne(PARENT, new Candidate.Attention(1, none)).blocks())
        .containsExactly(
            SmallParent.BLOCK, new BlockSpec(none, SmallParent.FFN), SmallParent.BLOCK);
  }

  @Test
  void blocks_multiLayerReplacement_areFollowedByLayersThatDoNothing() {
    Architecture multiLayer =
        Architecture.ofOne(PARENT, new Candidate.MultiLayer(0, 2, SmallParent.BLOCK));
    assertThat(multiLayer.blocks())
        .containsExactly(SmallParent.BLOCK, BlockSpec.NO_OP, SmallParent.BLOCK);
    assertThat(multiLayer.layers()).isEqualTo(3);
  }

  @Test
  void multiLayer_ofOneLayer_isRefused() {
    assertThatThrownBy(() -> new BlockChoice.MultiLayer(1, 1, SmallParent.BLOCK))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layers (1) of a multi-layer replacement must exceed 1");
    assertThatThrownBy(() -> new Candidate.MultiLayer(1, 1, SmallParent.BLOCK))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layers (1) of a multi-layer replacement must exceed 1");
  }

  @Test
  void ofOne_eachCandidate_isChosenByWhereItsWeightsComeFrom() {
    BlockSpec block = SmallParent.BLOCK;
    assertThat(Architecture.ofParent(PARENT).choices().get(1))
        .isEqualTo(new BlockChoice.Parent(1, block));
    assertThat(Architecture.ofOne(PARENT, new Candidate.Block(1, block)).choices().get(1))
        .isEqualTo(new BlockChoice.Coupled(1, block));
    assertThat(Architecture.ofOne(PARENT, new Candidate.MultiLayer(1, 2, block)).choices().get(1))
        .isEqualTo(new BlockChoice.MultiLayer(1, 2, block));
    assertThat(
            Architecture.ofOne(PARENT, new Candidate.Ffn(1, new FfnSpec.NoOp())).choices().get(1))
        .isEqualTo(
            new BlockChoice.Decoupled(1, new BlockSpec(block.attention(), new FfnSpec.NoOp())));
  }

  @Test
  void candidate_ofTrainedChoices_isWhatTheyWereMadeOf() {
    assertThat(new BlockChoice.Coupled(1, SmallParent.BLOCK).candidate())
        .isEqualTo(new Candidate.Block(1, SmallParent.BLOCK));
    assertThat(new BlockChoice.MultiLayer(1, 2, SmallParent.BLOCK).candidate())
        .isEqualTo(new Candidate.MultiLayer(1, 2, SmallParent.BLOCK));
  }

  @Test
  void id_eachKindOfChoice_differs() {
    BlockSpec block = SmallParent.BLOCK;
    assertThat(new BlockChoice.Parent(3, block).id()).isEqualTo("3:kv2+w48");
    assertThat(new BlockChoice.Decoupled(3, block).id()).isEqualTo("3:kv2+w48");
    assertThat(new BlockChoice.Coupled(3, block).id()).isEqualTo("3:kv2+w48*");
    assertThat(new BlockChoice.MultiLayer(3, 2, block).id()).isEqualTo("3:kv2+w48 for 2 layers");
  }

  @Test
  void specJson_everyCandidateOfASpace_comesBackEqual() throws IOException {
    ImmutableList<Candidate> all =
        ImmutableList.<Candidate>builder()
            .addAll(SmallParent.SPACE.candidates(PARENT))
            .add(new Candidate.Block(2, BlockSpec.NO_OP))
            .build();
    for (Candidate candidate : all) {
      assertThat(CandidateJson.candidate(CandidateJson.of(candidate))).isEqualTo(candidate);
    }
  }
}
