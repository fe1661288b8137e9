package org.nemotron.core.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.nemotron.core.spec.AttentionSpec.GroupedQuery;

final class AttentionSpecTest {
  private static final int WIDTH = 24;
  private static final GroupedQuery GROUPED = new GroupedQuery(4, 2, 10);

  /** Says which variant it met. */
  private static final class Naming implements AttentionSpec.Visitor<String> {
    @Override
    public String visit(GroupedQuery attention) {
      return "grouped " + attention.kvHeads();
    }

    @Override
    public String visit(AttentionSpec.Linear attention) {
      return "linear";
    }

    @Override
    public String visit(AttentionSpec.NoOp attention) {
      return "nothing";
    }
  }

  @Test
  void id_eachVariant_isItsNameInTables() {
    assertThat(GROUPED.id()).isEqualTo("kv2");
    assertThat(new AttentionSpec.Linear().id()).isEqualTo("linear");
    assertThat(new AttentionSpec.NoOp().id()).isEqualTo("noop");
  }

  @Test
  void accept_eachVariant_visitsItself() {
    assertThat(GROUPED.accept(new Naming())).isEqualTo("grouped 2");
    assertThat(new AttentionSpec.Linear().accept(new Naming())).isEqualTo("linear");
    assertThat(new AttentionSpec.NoOp().accept(new Naming())).isEqualTo("nothing");
  }

  @Test
  void kvCache_groupedQuery_holdsItsKvHeads() {
    assertThat(GROUPED.kvCache()).isEqualTo(new KvCacheSpec.Full(2, 10));
  }

  @Test
  void facts_withoutAttention_areZeroAndEmpty() {
    for (AttentionSpec spec : List.of(new AttentionSpec.Linear(), new AttentionSpec.NoOp())) {
      assertThat(spec.queryHeads()).isZero();
      assertThat(spec.kvHeads()).isZero();
      assertThat(spec.headDim()).isZero();
      assertThat(spec.traits()).isEmpty();
      assertThat(spec.kvCache()).isEqualTo(new KvCacheSpec.None());
      assertThat(spec.withTraits(Set.of(AttentionTrait.HEAD_NORMS))).isSameAs(spec);
    }
  }

  @Test
  void withTraits_groupedQuery_replacesThemAll() {
    assertThat(grouped(AttentionTrait.INPUT_BIASES).withTraits(Set.of(AttentionTrait.HEAD_NORMS)))
        .isEqualTo(grouped(AttentionTrait.HEAD_NORMS));
  }

  @Test
  void isNoOp_eachVariant_onlyTheAbsentOne() {
    assertThat(GROUPED.isNoOp()).isFalse();
    assertThat(new AttentionSpec.Linear().isNoOp()).isFalse();
    assertThat(new AttentionSpec.NoOp().isNoOp()).isTrue();
  }

  @Test
  void tensorShapes_groupedQuery_areANormAndFourProjections() {
    assertThat(GROUPED.tensorShapes(WIDTH))
        .containsEntry("input_layernorm.weight", Shapes.of(24))
        .containsEntry("self_attn.q_proj.weight", Shapes.of(40, 24))
        .containsEntry("self_attn.k_proj.weight", Shapes.of(20, 24))
        .containsEntry("self_attn.v_proj.weight", Shapes.of(20, 24))
        .containsEntry("self_attn.o_proj.weight", Shapes.of(24, 40))
        .hasSize(5);
  }

  @Test
  void tensorShapes_traits_addTheirTensorsOnly() {
    assertThat(grouped(AttentionTrait.INPUT_BIASES).tensorShapes(WIDTH))
        .containsEntry("self_attn.q_proj.bias", Shapes.of(40))
        .containsEntry("self_attn.k_proj.bias", Shapes.of(20))
        .containsEntry("self_attn.v_proj.bias", Shapes.of(20))
        .hasSize(8);
    assertThat(grouped(AttentionTrait.OUTPUT_BIAS).tensorShapes(WIDTH))
        .containsEntry("self_attn.o_proj.bias", Shapes.of(24))
        .hasSize(6);
    assertThat(grouped(AttentionTrait.HEAD_NORMS).tensorShapes(WIDTH))
        .containsEntry("self_attn.q_norm.weight", Shapes.of(10))
        .containsEntry("self_attn.k_norm.weight", Shapes.of(10))
        .hasSize(7);
  }

  private static GroupedQuery grouped(AttentionTrait trait) {
    return new GroupedQuery(4, 2, 10, ImmutableSet.of(trait));
  }

  @Test
  void tensorShapes_linearAndNoOp_areALinearLayerWithItsNormOrNothing() {
    assertThat(new AttentionSpec.Linear().tensorShapes(WIDTH))
        .containsEntry("input_layernorm.weight", Shapes.of(24))
        .containsEntry("self_attn.linear_attn.weight", Shapes.of(24, 24))
        .hasSize(2);
    assertThat(new AttentionSpec.NoOp().tensorShapes(WIDTH)).isEmpty();
  }

  @Test
  void parameters_eachVariant_countsItsTensors() {
    assertThat(GROUPED.parameters(WIDTH)).isEqualTo(24 + 2 * 40 * 24 + 2 * 20 * 24);
    assertThat(new AttentionSpec.Linear().parameters(WIDTH)).isEqualTo(24 + 24 * 24);
    assertThat(new AttentionSpec.NoOp().parameters(WIDTH)).isZero();
  }

  @Test
  void withKvHeads_otherNumber_changesThatAlone() {
    GroupedQuery qwen = grouped(AttentionTrait.INPUT_BIASES);
    assertThat(qwen.withKvHeads(1))
        .isEqualTo(new GroupedQuery(4, 1, 10, ImmutableSet.of(AttentionTrait.INPUT_BIASES)));
  }

  @Test
  void groupSize_groupedQuery_isQueryHeadsPerKvHead() {
    assertThat(new GroupedQuery(12, 3, 8).groupSize()).isEqualTo(4);
  }

  @Test
  void has_traits_answersForEach() {
    GroupedQuery qwen = grouped(AttentionTrait.INPUT_BIASES);
    assertThat(qwen.has(AttentionTrait.INPUT_BIASES)).isTrue();
    assertThat(qwen.has(AttentionTrait.HEAD_NORMS)).isFalse();
    assertThat(GROUPED.has(AttentionTrait.INPUT_BIASES)).isFalse();
  }

  @Test
  void groupedQuery_headsThatDoNotDivide_areRefused() {
    assertThatThrownBy(() -> new GroupedQuery(4, 3, 10))
        .hasMessage("queryHeads (4) must be a positive multiple of kvHeads (3)");
    assertThatThrownBy(() -> new GroupedQuery(4, 0, 10))
        .hasMessage("queryHeads (4) must be a positive multiple of kvHeads (0)");
    assertThatThrownBy(() -> new GroupedQuery(0, 1, 10))
        .hasMessage("queryHeads (0) must be a positive multiple of kvHeads (1)");
  }

  @Test
  void groupedQuery_headOfNoPairs_isRefused() {
    assertThatThrownBy(() -> new GroupedQuery(4, 2, 9))
        .hasMessage("headDim (9) must be positive and even");
    assertThatThrownBy(() -> new GroupedQuery(4, 2, 0))
        .hasMessage("headDim (0) must be positive and even");
  }
}
