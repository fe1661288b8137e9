package org.nemotron.core.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class FfnSpecTest {
  private static final int WIDTH = 24;

  /** Says which variant it met. */
  private static final class Naming implements FfnSpec.Visitor<String> {
    @Override
    public String visit(FfnSpec.Gated ffn) {
      return "gated " + ffn.channels();
    }

    @Override
    public String visit(FfnSpec.Linear ffn) {
      return "linear";
    }

    @Override
    public String visit(FfnSpec.NoOp ffn) {
      return "nothing";
    }
  }

  @Test
  void id_eachVariant_isItsNameInTables() {
    assertThat(new FfnSpec.Gated(40).id()).isEqualTo("w40");
    assertThat(new FfnSpec.Linear().id()).isEqualTo("linear");
    assertThat(new FfnSpec.NoOp().id()).isEqualTo("noop");
  }

  @Test
  void accept_eachVariant_visitsItself() {
    assertThat(new FfnSpec.Gated(40).accept(new Naming())).isEqualTo("gated 40");
    assertThat(new FfnSpec.Linear().accept(new Naming())).isEqualTo("linear");
    assertThat(new FfnSpec.NoOp().accept(new Naming())).isEqualTo("nothing");
  }

  @Test
  void channels_eachVariant_areTheIntermediateSize() {
    assertThat(new FfnSpec.Gated(40).channels()).isEqualTo(40);
    assertThat(new FfnSpec.Linear().channels()).isZero();
    assertThat(new FfnSpec.NoOp().channels()).isZero();
  }

  @Test
  void isNoOp_eachVariant_onlyTheAbsentOne() {
    assertThat(new FfnSpec.Gated(40).isNoOp()).isFalse();
    assertThat(new FfnSpec.Linear().isNoOp()).isFalse();
    assertThat(new FfnSpec.NoOp().isNoOp()).isTrue();
  }

  @Test
  void tensorShapes_gated_areANormAndThreeProjections() {
    assertThat(new FfnSpec.Gated(40).tensorShapes(WIDTH))
        .containsEntry("post_attention_layernorm.weight", Shapes.of(24))
        .containsEntry("mlp.gate_proj.weight", Shapes.of(40, 24))
        .containsEntry("mlp.up_proj.weight", Shapes.of(40, 24))
        .containsEntry("mlp.down_proj.weight", Shapes.of(24, 40))
        .hasSize(4);
  }

  @Test
  void tensorShapes_linearAndNoOp_areALinearLayerWithItsNormOrNothing() {
    assertThat(new FfnSpec.Linear().tensorShapes(WIDTH))
        .containsEntry("post_attention_layernorm.weight", Shapes.of(24))
        .containsEntry("mlp.linear_mlp.weight", Shapes.of(24, 24))
        .hasSize(2);
    assertThat(new FfnSpec.NoOp().tensorShapes(WIDTH)).isEmpty();
  }

  @Test
  void parameters_eachVariant_countsItsTensors() {
    assertThat(new FfnSpec.Gated(40).parameters(WIDTH)).isEqualTo(24 + 3 * 40 * 24);
    assertThat(new FfnSpec.Linear().parameters(WIDTH)).isEqualTo(24 + 24 * 24);
    assertThat(new FfnSpec.NoOp().parameters(WIDTH)).isZero();
  }

  @Test
  void gated_noChannels_isRefused() {
    assertThat(new FfnSpec.Gated(1).channels()).isEqualTo(1);
    assertThatThrownBy(() -> new FfnSpec.Gated(0)).hasMessage("channels (0) must be positive");
  }
}
