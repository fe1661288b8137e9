package org.nemotron.nas.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.nemotron.core.checkpoint.Portability;
import org.nemotron.core.checkpoint.ServingEngine;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.SpecJson;
import org.nemotron.nas.SmallParent;

final class SearchSpaceTest {
  @Test
  void portableTo_eachEngine_leavesOnlyChildrenThatItLoads() {
    ModelSpec parent = SmallParent.spec();
    for (ServingEngine engine : ServingEngine.values()) {
      for (Candidate candidate : SearchSpace.PAPER.portableTo(engine).candidates(parent)) {
        BlockSpec own = parent.block(candidate.layer());
        BlockSpec block =
            candidate.accept(
                new Candidate.Visitor<BlockSpec>() {
                  @Override
                  public BlockSpec visit(Candidate.Attention attention) {
                    return new BlockSpec(attention.spec(), own.ffn());
                  }

                  @Override
                  public BlockSpec visit(Candidate.Ffn ffn) {
                    return new BlockSpec(own.attention(), ffn.spec());
                  }

                  @Override
                  public BlockSpec visit(Candidate.Block candidate) {
                    return candidate.spec();
                  }

                  @Override
                  public BlockSpec visit(Candidate.MultiLayer candidate) {
                    return candidate.spec();
                  }
                });
        ModelSpec child = parent.withBlock(candidate.layer(), block);
        assertThat(Portability.of(child).obstacles(engine))
            .as("%s in %s", candidate, engine)
            .isEmpty();
      }
    }
  }

  @Test
  void portableTo_engineThatLoadsEverything_changesNothing() {
    assertThat(SearchSpace.PAPER.portableTo(ServingEngine.LLAMA_CPP, ServingEngine.TENSORRT_LLM))
        .isEqualTo(SearchSpace.PAPER);
  }

  @Test
  void attentionAlternatives_biasesAndNormsOfHeads_areKept() {
    AttentionSpec.GroupedQuery own =
        new AttentionSpec.GroupedQuery(4, 4, 8, ImmutableSet.copyOf(AttentionTrait.values()));
    assertThat(SearchSpace.PAPER.attentionAlternatives(own))
        .containsExactly(
            own.withKvHeads(2),
            own.withKvHeads(1),
            new AttentionSpec.Linear(),
            new AttentionSpec.NoOp());
  }

  @Test
  void json_attentionOfEveryTrait_isReadBack() throws IOException {
    AttentionSpec own =
        new AttentionSpec.GroupedQuery(4, 2, 8, ImmutableSet.copyOf(AttentionTrait.values()));
    assertThat(SpecJson.attention(SpecJson.of(own))).isEqualTo(own);
  }

  @Test
  void paper_layerOfLlama70b_hasSixAttentionsAndNineNetworksWithItsOwn() {
    AttentionSpec own = new AttentionSpec.GroupedQuery(64, 8, 128);
    assertThat(SearchSpace.PAPER.attentionAlternatives(own))
        .containsExactly(
            new AttentionSpec.GroupedQuery(64, 4, 128),
            new AttentionSpec.GroupedQuery(64, 2, 128),
            new AttentionSpec.GroupedQuery(64, 1, 128),
            new AttentionSpec.Linear(),
            new AttentionSpec.NoOp());
    // Shares of 28672, to the nearest multiple of 8.
    assertThat(SearchSpace.PAPER.ffnAlternatives(new FfnSpec.Gated(28672)))
        .containsExactly(
            new FfnSpec.Gated(24944),
            new FfnSpec.Gated(21504),
            new FfnSpec.Gated(14336),
            new FfnSpec.Gated(7168),
            new FfnSpec.Gated(5736),
            new FfnSpec.Gated(2864),
            new FfnSpec.Linear(),
            new FfnSpec.NoOp());
  }

  @Test
  void attentionAlternatives_threeHeads_leavesOutWhatDoesNotDivideThem() {
    assertThat(SearchSpace.PAPER.attentionAlternatives(new AttentionSpec.GroupedQuery(6, 3, 8)))
        .containsExactly(
            new AttentionSpec.GroupedQuery(6, 1, 8),
            new AttentionSpec.Linear(),
            new AttentionSpec.NoOp());
  }

  @Test
  void ffnAlternatives_narrowNetwork_leavesOutRepetitionsAndWhatIsNotSmaller() {
    // 8.7 and 7.5 of 10 channels both round to 8; 5, 2.5, 2 and 1 to the least, 8.
    assertThat(SearchSpace.PAPER.ffnAlternatives(new FfnSpec.Gated(10)))
        .containsExactly(new FfnSpec.Gated(8), new FfnSpec.Linear(), new FfnSpec.NoOp());
    assertThat(SearchSpace.PAPER.ffnAlternatives(new FfnSpec.Gated(8)))
        .containsExactly(new FfnSpec.Linear(), new FfnSpec.NoOp());
  }

  @Test
  void alternatives_ownIsLinear_onlyNothingIsCheaper() {
    assertThat(SearchSpace.PAPER.attentionAlternatives(new AttentionSpec.Linear()))
        .containsExactly(new AttentionSpec.NoOp());
    assertThat(SearchSpace.PAPER.ffnAlternatives(new FfnSpec.Linear()))
        .containsExactly(new FfnSpec.NoOp());
  }

  @Test
  void alternatives_ownIsNothing_thereAreNone() {
    assertThat(SearchSpace.PAPER.attentionAlternatives(new AttentionSpec.NoOp())).isEmpty();
    assertThat(SearchSpace.PAPER.ffnAlternatives(new FfnSpec.NoOp())).isEmpty();
  }

  @Test
  void candidates_multiLayerReplacements_endWithTheParent() {
    assertThat(SmallParent.SPACE.candidates(SmallParent.spec()))
        .filteredOn(candidate -> candidate.layers() > 1)
        .containsExactly(
            new Candidate.MultiLayer(0, 2, SmallParent.BLOCK),
            new Candidate.MultiLayer(1, 2, SmallParent.BLOCK));
  }

  @Test
  void candidates_noOpsOnly_areTwoPerLayer() {
    assertThat(SearchSpace.NO_OPS.candidates(SmallParent.spec(ImmutableList.of(SmallParent.BLOCK))))
        .containsExactly(
            new Candidate.Attention(0, new AttentionSpec.NoOp()),
            new Candidate.Ffn(0, new FfnSpec.NoOp()));
    assertThat(SearchSpace.NO_OPS.candidates(SmallParent.spec(ImmutableList.of(BlockSpec.NO_OP))))
        .isEmpty();
  }

  @Test
  void builder_nothingSet_hasNoAlternative() {
    assertThat(SearchSpace.builder().build().candidates(SmallParent.spec())).isEmpty();
  }

  @Test
  void toBuilder_nothingChanged_isTheSameSpace() {
    SearchSpace all = SearchSpace.PAPER.portableTo(ServingEngine.values());
    assertThat(all.toBuilder().build()).isEqualTo(all);
    assertThat(SearchSpace.PAPER.toBuilder().build()).isEqualTo(SearchSpace.PAPER);
  }

  @Test
  void builder_eachSetter_setsItsOwn() {
    assertThat(
            SearchSpace.builder()
                .kvHeads(3, 1)
                .ffnFractions(0.5)
                .channelMultiple(16)
                .linearAttention(true)
                .noOpFfn(true)
                .multiLayer(2, 3)
                .build())
        .isEqualTo(
            new SearchSpace(
                ImmutableList.of(3, 1),
                ImmutableList.of(0.5),
                16,
                true,
                false,
                false,
                true,
                ImmutableList.of(2, 3),
                false));
    assertThat(
            SearchSpace.builder()
                .noOpAttention(true)
                .linearFfn(true)
                .keepFirstAttention(true)
                .build())
        .isEqualTo(
            new SearchSpace(
                ImmutableList.of(),
                ImmutableList.of(),
                8,
                false,
                true,
                true,
                false,
                ImmutableList.of(),
                true));
  }

  @Test
  void candidates_layersToKeep_haveNoneAndNoBlockReachesThem() {
    SearchSpace all = SmallParent.SPACE.toBuilder().multiLayer(2, 3).build();
    ModelSpec parent =
        SmallParent.spec(ImmutableList.copyOf(Collections.nCopies(5, SmallParent.BLOCK)));
    SearchSpace kept = all.toBuilder().keepLayers(0, -2).build();
    assertThat(kept.candidates(parent))
        .isEqualTo(
            all.candidates(parent).stream()
                .filter(candidate -> candidate.layer() != 0 && candidate.layer() != 3)
                .filter(
                    candidate ->
                        candidate.layer() == 4 || candidate.layer() + candidate.layers() <= 3)
                .toList());
    assertThat(kept.candidates(parent)).contains(new Candidate.MultiLayer(1, 2, SmallParent.BLOCK));
    assertThat(kept.toBuilder().build()).isEqualTo(kept);
  }

  @Test
  void candidates_layerToKeepThatThereIsNot_isRefusedByName() {
    for (int layer : new int[] {3, -4}) {
      SearchSpace space = SearchSpace.NO_OPS.toBuilder().keepLayers(layer).build();
      assertThatThrownBy(() -> space.candidates(SmallParent.spec()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "keepLayers ("
                  + layer
                  + ") must lie between -3 and 2, since the parent has 3 layers");
    }
  }

  /** A parent of 3 layers: 4 key/value heads and 48 channels, 2 and 24, and nothing. */
  private static ModelSpec mixed() {
    return SmallParent.spec(
        ImmutableList.of(
            new BlockSpec(new AttentionSpec.GroupedQuery(4, 4, 10), new FfnSpec.Gated(48)),
            new BlockSpec(SmallParent.ATTENTION, new FfnSpec.Gated(24)),
            BlockSpec.NO_OP));
  }

  @Test
  void candidates_kvHeadsThatNoLayerCanHave_areRefusedByName() {
    for (int heads : new int[] {3, 16}) {
      SearchSpace space = SearchSpace.NO_OPS.toBuilder().kvHeads(2, heads).build();
      assertThatThrownBy(() -> space.candidates(mixed()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "kvHeads ("
                  + heads
                  + ") must divide the key/value heads of some layer that may change: [2, 4].\n"
                  + "Maybe leave it out.");
    }
    assertThat(SearchSpace.PAPER.candidates(mixed())).isNotEmpty();
  }

  @Test
  void candidates_kvHeadsThatSomeLayerHas_areOnlyThoseThatAreCheaper() {
    SearchSpace space = SearchSpace.builder().kvHeads(4, 2).build();
    assertThat(space.candidates(mixed())).singleElement().extracting("layer").isEqualTo(0);
    SearchSpace kept = space.toBuilder().keepLayers(0).build();
    assertThatThrownBy(() -> kept.candidates(mixed())).hasMessageStartingWith("kvHeads (4) must");
  }

  @Test
  void candidates_shareThatRoundsToAllChannels_isRefusedByName() {
    SearchSpace space = SearchSpace.builder().ffnFractions(0.5, 0.96).build();
    assertThatThrownBy(() -> space.candidates(mixed()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "ffnFractions (0.96) must leave some layer fewer channels than it has: of [24, 48],"
                + " rounded to a multiple of 8, none are fewer.\n"
                + "Maybe leave it out, or lower channelMultiple.");
    SearchSpace finer = space.toBuilder().channelMultiple(1).build();
    assertThat(finer.candidates(mixed())).hasSize(4);
  }

  @Test
  void new_runOfOneLayer_isRefusedByName() {
    assertThatThrownBy(() -> SearchSpace.builder().multiLayer(1).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("multiLayer (1) must be at least 2");
  }

  @Test
  void new_shareAboveOne_isRefusedByName() {
    assertThatThrownBy(() -> SearchSpace.builder().ffnFractions(1.5).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("ffnFractions (1.5) must lie between 0 and 1");
  }
}
