package org.nemotron.core.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import org.junit.jupiter.api.Test;
import org.nemotron.core.checkpoint.LetterModels;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;

final class GgufArchitectureTest {
  private static final RopeSpec PLAIN = new RopeSpec.Plain(10_000);
  private static final RopeSpec LLAMA3 = new RopeSpec.Llama3(500_000, 8, 1, 4, 64);

  private static BlockSpec block(int headDim, AttentionTrait... traits) {
    return new BlockSpec(
        new AttentionSpec.GroupedQuery(4, 2, headDim, ImmutableSet.copyOf(traits)),
        new FfnSpec.Gated(96));
  }

  private static ModelSpec spec(RopeSpec rope, int headDim, BlockSpec... blocks) {
    return LetterModels.spec(rope, false, headDim, ImmutableList.copyOf(blocks));
  }

  @Test
  void of_layersAlike_isTheOneThatMostProgramsKnow() {
    assertThat(GgufArchitecture.of(spec(PLAIN, 16, block(16), block(16))))
        .isEqualTo(GgufArchitecture.LLAMA);
    BlockSpec biased = block(16, AttentionTrait.INPUT_BIASES);
    assertThat(GgufArchitecture.of(spec(PLAIN, 16, biased, biased)))
        .isEqualTo(GgufArchitecture.QWEN2);
    // llama.cpp reads divisors of frequencies for llama only.
    assertThat(GgufArchitecture.of(spec(LLAMA3, 16, biased, biased)))
        .isEqualTo(GgufArchitecture.LLAMA);
    BlockSpec normed = block(16, AttentionTrait.HEAD_NORMS);
    assertThat(GgufArchitecture.of(spec(PLAIN, 16, normed))).isEqualTo(GgufArchitecture.QWEN3);
    BlockSpec both = block(16, AttentionTrait.INPUT_BIASES, AttentionTrait.OUTPUT_BIAS);
    assertThat(GgufArchitecture.of(spec(PLAIN, 16, both))).isEqualTo(GgufArchitecture.LLAMA);
  }

  @Test
  void of_layersUnlikeOrWithoutAHalf_isDeci() {
    BlockSpec idle = new BlockSpec(block(16).attention(), new FfnSpec.NoOp());
    BlockSpec blind = new BlockSpec(new AttentionSpec.NoOp(), block(16).ffn());
    assertThat(GgufArchitecture.of(spec(PLAIN, 16, idle, idle))).isEqualTo(GgufArchitecture.DECI);
    assertThat(GgufArchitecture.of(spec(PLAIN, 16, blind, blind))).isEqualTo(GgufArchitecture.DECI);
    assertThat(GgufArchitecture.of(spec(PLAIN, 16, block(16), idle)))
        .isEqualTo(GgufArchitecture.DECI);
    assertThat(GgufArchitecture.of(spec(PLAIN, 24, block(24), blind)))
        .isEqualTo(GgufArchitecture.DECI);
  }

  @Test
  void of_whatGgufCannotExpress_isRefusedWithTheReason() {
    BlockSpec normed = block(16, AttentionTrait.HEAD_NORMS);
    BlockSpec all = block(16, AttentionTrait.HEAD_NORMS, AttentionTrait.INPUT_BIASES);
    assertThatThrownBy(() -> GgufArchitecture.of(spec(PLAIN, 16, all)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("GGUF has no attention with norms of its heads and biases");
    assertThatThrownBy(() -> GgufArchitecture.of(spec(PLAIN, 16, normed, BlockSpec.NO_OP)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("GGUF cannot express a model whose layers differ and whose query");
    BlockSpec wide = block(24, AttentionTrait.INPUT_BIASES);
    assertThatThrownBy(() -> GgufArchitecture.of(spec(PLAIN, 24, wide, BlockSpec.NO_OP)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "GGUF cannot express biases of 4 query heads of 24 in a model of width 64 whose layers"
                + " differ: heads times size must be the width");
    BlockSpec biased = block(16, AttentionTrait.INPUT_BIASES);
    assertThat(GgufArchitecture.of(spec(PLAIN, 16, biased, BlockSpec.NO_OP)))
        .isEqualTo(GgufArchitecture.DECI);
  }

  @Test
  void ofId_namesOfFiles_areKnown() {
    for (GgufArchitecture architecture : GgufArchitecture.values()) {
      assertThat(GgufArchitecture.ofId(architecture.id())).contains(architecture);
    }
    assertThat(GgufArchitecture.ofId("LLAMA")).isEmpty();
    assertThat(GgufArchitecture.DECI.key("block_count")).isEqualTo("deci.block_count");
  }

  /** As llama.cpp rotates them; files of one order read as the other would be another model. */
  @Test
  void isInterleaved_rotaryPairs_areNeighborsInLlamaDeciAndMistral() {
    assertThat(GgufArchitecture.LLAMA.isInterleaved()).isTrue();
    assertThat(GgufArchitecture.DECI.isInterleaved()).isTrue();
    assertThat(GgufArchitecture.MISTRAL3.isInterleaved()).isTrue();
    assertThat(GgufArchitecture.QWEN2.isInterleaved()).isFalse();
    assertThat(GgufArchitecture.QWEN3.isInterleaved()).isFalse();
  }
}
