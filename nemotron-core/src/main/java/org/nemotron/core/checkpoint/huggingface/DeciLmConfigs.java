package org.nemotron.core.checkpoint.huggingface;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;

/**
 * The config.json of nemotron-nas (DeciLM) models: Llama's keys, and {@code block_configs} with one
 * entry per layer.
 *
 * <p>Beside {@code ffn_mult}, which can only say multiples of 256, the key {@code
 * intermediate_size} is written with the real width; other readers ignore it and get the padded
 * one, whose output is the same.
 */
public final class DeciLmConfigs {
  static final String ARCHITECTURE = "DeciLMForCausalLM";
  static final String MODEL_TYPE = "nemotron-nas";

  /** Ours: false where the output biases are zeros that the model does not have. */
  static final String OUTPUT_BIAS = "attention_output_bias";

  static final ImmutableSet<String> MODEL_TYPES = ImmutableSet.of(MODEL_TYPE, "deci");

  private DeciLmConfigs() {}

  /**
   * Returns the model as its tensors are stored: gated FFNs of an intermediate size that can be
   * named, and biases of all four projections or of none.
   *
   * @throws IllegalArgumentException if its query and key heads are normalized
   */
  public static ModelSpec storedSpec(ModelSpec spec) {
    checkArgument(
        !spec.traits().contains(AttentionTrait.HEAD_NORMS),
        "nemotron-nas cannot express a model whose query and key heads are normalized (Qwen3).\n"
            + "Maybe write it as AnyModel.");
    return spec.withBlocks(
        spec.blocks().stream()
            .map(block -> new BlockSpec(storedAttention(block.attention()), storedFfn(block.ffn())))
            .collect(ImmutableList.toImmutableList()));
  }

  private static AttentionSpec storedAttention(AttentionSpec attention) {
    return attention.traits().isEmpty()
        ? attention
        : attention.withTraits(ModelFamily.LLAMA.traits(true));
  }

  private static FfnSpec storedFfn(FfnSpec ffn) {
    return ffn.accept(
        new FfnSpec.Visitor<FfnSpec>() {
          @Override
          public FfnSpec visit(FfnSpec.Gated gated) {
            return new FfnSpec.Gated(DeciLmWidths.storedChannels(gated.channels()));
          }

          @Override
          public FfnSpec visit(FfnSpec.Linear linear) {
            return linear;
          }

          @Override
          public FfnSpec visit(FfnSpec.NoOp none) {
            return none;
          }
        });
  }

  /** Returns the config.json of {@code spec} with tensors of {@code dtype}. */
  public static ObjectNode toJson(ModelSpec spec, DType dtype) {
    ObjectNode config = new JsonMapper().createObjectNode();
    config.putArray("architectures").add(ARCHITECTURE);
    config
        .putObject("auto_map")
        .put("AutoConfig", "configuration_decilm.DeciLMConfig")
        .put("AutoModelForCausalLM", "modeling_decilm.DeciLMForCausalLM");
    config.put("model_type", MODEL_TYPE);
    config.put("torch_dtype", dtype.configName());
    FamilyConfigs.put(config, spec);
    config.putNull("intermediate_size");
    config.putNull("num_key_value_heads");
    ImmutableSet<AttentionTrait> traits = spec.traits();
    config.put(ModelFamily.ATTENTION_BIAS, !traits.isEmpty());
    if (!traits.isEmpty() && !traits.contains(AttentionTrait.OUTPUT_BIAS)) {
      config.put(OUTPUT_BIAS, false);
    }
    config.put("pretraining_tp", 1).put("transformers_version", "4.48.3");
    ArrayNode blocks = config.putArray(BlockConfigs.KEY);
    for (BlockSpec block : spec.blocks()) {
      ObjectNode entry = blocks.addObject();
      entry.set("attention", block.attention().accept(new AttentionWriter()));
      entry.set("ffn", block.ffn().accept(new FfnWriter(spec.width())));
    }
    return config;
  }

  private static final class AttentionWriter implements AttentionSpec.Visitor<ObjectNode> {
    @Override
    public ObjectNode visit(AttentionSpec.GroupedQuery attention) {
      return withWindows(
          BlockConfigs.flags(false, false).put(BlockConfigs.KV_GROUP, attention.groupSize()));
    }

    @Override
    public ObjectNode visit(AttentionSpec.Linear attention) {
      return withWindows(BlockConfigs.flags(false, true).putNull(BlockConfigs.KV_GROUP));
    }

    @Override
    public ObjectNode visit(AttentionSpec.NoOp attention) {
      return withWindows(BlockConfigs.flags(true, false).putNull(BlockConfigs.KV_GROUP));
    }

    private static ObjectNode withWindows(ObjectNode attention) {
      return attention
          .putNull("num_sink_tokens")
          .putNull("sparsify")
          .put("unshifted_sink", false)
          .put("use_prefill_window_in_sink_attention", false)
          .putNull("window_length");
    }
  }

  private record FfnWriter(int hiddenSize) implements FfnSpec.Visitor<ObjectNode> {
    @Override
    public ObjectNode visit(FfnSpec.Gated ffn) {
      int stored = DeciLmWidths.storedChannels(ffn.channels());
      return BlockConfigs.flags(false, false)
          .put(BlockConfigs.MULTIPLIER, DeciLmWidths.multiplier(stored, hiddenSize))
          .put(BlockConfigs.CHANNELS, ffn.channels())
          .putNull("sparsify");
    }

    @Override
    public ObjectNode visit(FfnSpec.Linear ffn) {
      return BlockConfigs.flags(false, true).putNull(BlockConfigs.MULTIPLIER).putNull("sparsify");
    }

    @Override
    public ObjectNode visit(FfnSpec.NoOp ffn) {
      return BlockConfigs.flags(true, false).putNull(BlockConfigs.MULTIPLIER).putNull("sparsify");
    }
  }
}
