package org.nemotron.core.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ModelSpecTest {
  private static final BlockSpec FULL = block(2, 40);
  private static final BlockSpec NARROW = block(1, 8);

  private static BlockSpec block(int kvHeads, int channels, AttentionTrait... traits) {
    return new BlockSpec(
        new AttentionSpec.GroupedQuery(4, kvHeads, 10, ImmutableSet.copyOf(traits)),
        new FfnSpec.Gated(channels));
  }

  /** What a model is made of, one thing changed at a time. */
  private record Parts(int vocabulary, int width, double eps, int positions, int heads, int dim) {
    static final Parts RIGHT = new Parts(37, 24, 1e-5, 64, 4, 10);

    ModelSpec model(boolean tied, BlockSpec... blocks) {
      return new ModelSpec(
          vocabulary,
          width,
          heads,
          dim,
          eps,
          new RopeSpec.Plain(10_000),
          positions,
          tied,
          new SpecialTokens(ImmutableList.of(), ImmutableList.of(), ImmutableList.of()),
          ImmutableList.copyOf(blocks));
    }
  }

  private static void assertRefused(Parts parts, String sentence, BlockSpec... blocks) {
    assertThatThrownBy(() -> parts.model(false, blocks))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(sentence);
  }

  @Test
  void modelSpec_sizesOfOne_areTaken() {
    assertThat(new Parts(1, 1, 1e-300, 1, 4, 10).model(false, FULL).layers()).isEqualTo(1);
  }

  @Test
  void modelSpec_sizesOfNothing_areRefused() {
    assertRefused(new Parts(0, 24, 1e-5, 64, 4, 10), "vocabularySize (0) must be positive", FULL);
    assertRefused(new Parts(37, 0, 1e-5, 64, 4, 10), "width (0) must be positive", FULL);
    assertRefused(new Parts(37, 24, 0, 64, 4, 10), "rmsNormEps (0.0) must be positive", FULL);
    assertRefused(new Parts(37, 24, 1e-5, 0, 4, 10), "maxPositions (0) must be positive", FULL);
  }

  @Test
  void modelSpec_withoutLayers_isRefused() {
    assertRefused(Parts.RIGHT, "a model must have at least one layer");
  }

  @Test
  void modelSpec_headsThatAreNotTheModels_areRefusedWithTheirLayer() {
    assertRefused(
        new Parts(37, 24, 1e-5, 64, 8, 10),
        "layer 0: attention has 4 query heads of 10, but the model has 8 of 10",
        FULL);
    assertRefused(
        new Parts(37, 24, 1e-5, 64, 4, 12),
        "layer 1: attention has 4 query heads of 10, but the model has 4 of 12",
        BlockSpec.NO_OP,
        FULL);
  }

  @Test
  void modelSpec_traitsThatDiffer_areRefused() {
    assertRefused(
        Parts.RIGHT,
        "all attentions of a model must have the same traits",
        FULL,
        block(2, 40, AttentionTrait.HEAD_NORMS));
  }

  @Test
  void modelSpec_traitsAlikeBesideNoAttention_areTaken() {
    BlockSpec qwen = block(2, 40, AttentionTrait.HEAD_NORMS);
    assertThat(Parts.RIGHT.model(false, qwen, BlockSpec.NO_OP, qwen).layers()).isEqualTo(3);
  }

  @Test
  void block_indexOutside_isRefused() {
    ModelSpec spec = Parts.RIGHT.model(false, FULL, NARROW);
    assertThat(spec.block(1)).isEqualTo(NARROW);
    assertThatThrownBy(() -> spec.block(2)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void withBlock_oneLayer_leavesTheOthers() {
    ModelSpec spec = Parts.RIGHT.model(true, FULL, FULL, FULL);
    assertThat(spec.withBlock(1, NARROW)).isEqualTo(Parts.RIGHT.model(true, FULL, NARROW, FULL));
    assertThatThrownBy(() -> spec.withBlock(3, NARROW))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void tensorShapes_separateHead_areEmbeddingNormHeadAndTheLayers() {
    ModelSpec spec = Parts.RIGHT.model(false, FULL, NARROW);
    assertThat(spec.nonBlockTensorShapes())
        .containsEntry("model.embed_tokens.weight", Shapes.of(37, 24))
        .containsEntry("model.norm.weight", Shapes.of(24))
        .containsEntry("lm_head.weight", Shapes.of(37, 24))
        .hasSize(3);
    assertThat(spec.tensorShapes())
        .containsEntry("model.norm.weight", Shapes.of(24))
        .containsEntry("model.layers.0.mlp.up_proj.weight", Shapes.of(40, 24))
        .containsEntry("model.layers.1.mlp.up_proj.weight", Shapes.of(8, 24))
        .hasSize(3 + 9 + 9);
  }

  @Test
  void parameters_tiedHead_countsTheEmbeddingOnce() {
    long layers = FULL.parameters(24) + NARROW.parameters(24);
    assertThat(Parts.RIGHT.model(true, FULL, NARROW).nonBlockParameters()).isEqualTo(37 * 24 + 24);
    assertThat(Parts.RIGHT.model(true, FULL, NARROW).parameters()).isEqualTo(37 * 24 + 24 + layers);
    assertThat(Parts.RIGHT.model(false, FULL, NARROW).parameters())
        .isEqualTo(2 * 37 * 24 + 24 + layers);
  }

  @Test
  void kvCacheBytes_layersThatDiffer_isTheirSum() {
    assertThat(Parts.RIGHT.model(false, FULL, NARROW, BlockSpec.NO_OP).kvCacheBytes(7, 2))
        .isEqualTo((2 + 1) * 2 * 10 * 2 * 7);
  }

  @Test
  void isUniform_layers_onlyWhereAllAreAlike() {
    assertThat(Parts.RIGHT.model(false, FULL, FULL).isUniform()).isTrue();
    assertThat(Parts.RIGHT.model(false, FULL, NARROW).isUniform()).isFalse();
  }

  @Test
  void traits_layersWithAndWithoutHeads_areThoseOfTheHeads() {
    AttentionTrait biases = AttentionTrait.INPUT_BIASES;
    BlockSpec qwen = new BlockSpec(FULL.attention().withTraits(Set.of(biases)), FULL.ffn());
    assertThat(Parts.RIGHT.model(false, BlockSpec.NO_OP, qwen).traits()).containsExactly(biases);
    assertThat(Parts.RIGHT.model(false, FULL, BlockSpec.NO_OP).traits()).isEmpty();
  }

  @Test
  void blockIsNoOp_blocks_onlyWhereBothHalvesAre() {
    assertThat(BlockSpec.NO_OP.isNoOp()).isTrue();
    assertThat(FULL.isNoOp()).isFalse();
    assertThat(new BlockSpec(FULL.attention(), new FfnSpec.NoOp()).isNoOp()).isFalse();
    assertThat(new BlockSpec(new AttentionSpec.NoOp(), FULL.ffn()).isNoOp()).isFalse();
  }

  @Test
  void blockParameters_bothHalves_areAdded() {
    assertThat(FULL.parameters(24))
        .isEqualTo(FULL.attention().parameters(24) + FULL.ffn().parameters(24))
        .isEqualTo(FULL.tensorShapes(24).values().stream().mapToLong(Shapes::elements).sum());
    assertThat(BlockSpec.NO_OP.parameters(24)).isZero();
  }

  @Test
  void blockId_bothHalves_areJoined() {
    assertThat(FULL).hasToString("kv2+w40");
    assertThat(BlockSpec.NO_OP.id()).isEqualTo("noop+noop");
  }

  @Test
  void blockSpec_halfMissing_isRefused() {
    FfnSpec none = nothing();
    assertThatThrownBy(() -> new BlockSpec(FULL.attention(), none)).hasMessage("ffn");
    AttentionSpec noAttention = nothing();
    assertThatThrownBy(() -> new BlockSpec(noAttention, FULL.ffn())).hasMessage("attention");
  }

  /** What a caller who ignores nullness may pass. */
  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T nothing() {
    return null;
  }
}
