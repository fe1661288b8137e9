package org.nemotron.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableSet;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.nemotron.core.checkpoint.Portability.Obstacle;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.testing.ModelSpecBuilder;

final class PortabilityTest {
  private static final FfnSpec WIDE = new FfnSpec.Gated(96);
  private static final BlockSpec FULL = new BlockSpec(grouped(2), WIDE);

  private static AttentionSpec grouped(int kvHeads, AttentionTrait... traits) {
    return new AttentionSpec.GroupedQuery(4, kvHeads, 16, ImmutableSet.copyOf(traits));
  }

  private static Portability of(int width, BlockSpec... blocks) {
    return Portability.of(new ModelSpecBuilder().width(width).heads(4, 16).blocks(blocks).build());
  }

  private static ImmutableSet<ServingEngine> loading(Portability portability) {
    return Arrays.stream(ServingEngine.values())
        .filter(portability::loads)
        .collect(ImmutableSet.toImmutableSet());
  }

  @Test
  void of_layersAlike_isLoadedByAll() {
    BlockSpec qwen3 = new BlockSpec(grouped(2, AttentionTrait.HEAD_NORMS), WIDE);
    assertThat(loading(of(64, FULL, FULL))).containsExactly(ServingEngine.values());
    assertThat(loading(of(64, qwen3, qwen3))).containsExactly(ServingEngine.values());
  }

  @Test
  void of_otherWidthsAndAbsentSubBlocks_areLoadedByAll() {
    Portability portability =
        of(
            64,
            FULL,
            new BlockSpec(new AttentionSpec.NoOp(), new FfnSpec.Gated(40)),
            new BlockSpec(grouped(2), new FfnSpec.NoOp()));
    assertThat(loading(portability)).containsExactly(ServingEngine.values());
  }

  @Test
  void of_linearSubBlocks_areRefusedByThreeWithTheirLayers() {
    Portability portability =
        of(
            64,
            FULL,
            new BlockSpec(new AttentionSpec.Linear(), WIDE),
            new BlockSpec(grouped(2), new FfnSpec.Linear()));
    assertThat(loading(portability))
        .containsExactly(
            ServingEngine.TENSORRT_LLM, ServingEngine.LLAMA_CPP, ServingEngine.TRANSFORMERS);
    assertThat(portability.obstacles(ServingEngine.VLLM))
        .containsExactly(
            new Obstacle(1, "a linear attention is not known"),
            new Obstacle(2, "a linear FFN is not known"));
  }

  @Test
  void of_keyValueHeadsThatDiffer_areRefusedBySglangOnly() {
    Portability portability = of(64, FULL, new BlockSpec(grouped(1), WIDE));
    assertThat(loading(portability))
        .containsExactlyElementsOf(
            ImmutableSet.copyOf(ServingEngine.values()).stream()
                .filter(engine -> engine != ServingEngine.SGLANG)
                .toList());
    assertThat(portability.obstacles(ServingEngine.SGLANG).get(0))
        .hasToString("layer 1: 1 key/value heads, but earlier layers have 2");
  }

  @Test
  void of_noAttentionInTheFirstLayer_isRefusedByTwo() {
    Portability portability = of(64, new BlockSpec(new AttentionSpec.NoOp(), WIDE), FULL);
    assertThat(portability.loads(ServingEngine.VLLM)).isFalse();
    assertThat(portability.loads(ServingEngine.SGLANG)).isFalse();
    assertThat(portability.loads(ServingEngine.LLAMA_CPP)).isTrue();
  }

  @Test
  void of_normalizedHeadsInLayersThatDiffer_areLoadedByNone() {
    BlockSpec qwen3 = new BlockSpec(grouped(2, AttentionTrait.HEAD_NORMS), WIDE);
    assertThat(loading(of(64, qwen3, BlockSpec.NO_OP))).isEmpty();
  }

  @Test
  void of_biasesOfWideHeadsInLayersThatDiffer_areRefusedByLlamaCpp() {
    BlockSpec qwen2 = new BlockSpec(grouped(2, AttentionTrait.INPUT_BIASES), WIDE);
    assertThat(of(64, qwen2, BlockSpec.NO_OP).loads(ServingEngine.LLAMA_CPP)).isTrue();
    assertThat(of(48, qwen2, BlockSpec.NO_OP).loads(ServingEngine.LLAMA_CPP)).isFalse();
  }
}
