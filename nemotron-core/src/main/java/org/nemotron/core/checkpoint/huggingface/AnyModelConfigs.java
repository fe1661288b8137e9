package org.nemotron.core.checkpoint.huggingface;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableSet;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;

/**
 * The config.json of AnyModel checkpoints: the keys of a family, and {@code block_configs} that
 * name key/value heads and widths as numbers, so that any width can be said.
 */
public final class AnyModelConfigs {
  static final String ARCHITECTURE = "AnyModel";
  static final String BASE = "base_architecture";

  private AnyModelConfigs() {}

  /** Returns the config.json of {@code spec} with tensors of {@code dtype}. */
  public static ObjectNode toJson(ModelSpec spec, DType dtype, ModelFamily family) {
    ObjectNode config = new JsonMapper().createObjectNode();
    config.putArray("architectures").add(ARCHITECTURE);
    config.put(BASE, family.architecture());
    config.put("model_type", family.modelType());
    config.put("torch_dtype", dtype.configName());
    FamilyConfigs.put(config, spec);
    config.put(ModelFamily.ATTENTION_BIAS, spec.traits().contains(AttentionTrait.OUTPUT_BIAS));
    config.put("intermediate_size", widest(spec)).put("num_key_value_heads", mostKvHeads(spec));
    ArrayNode blocks = config.putArray(BlockConfigs.KEY);
    for (BlockSpec block : spec.blocks()) {
      ObjectNode entry = blocks.addObject();
      entry.set("attention", block.attention().accept(new AttentionWriter()));
      entry.set("ffn", block.ffn().accept(new FfnWriter()));
    }
    return config;
  }

  /** Returns the config.json of {@code spec}, whose layers are alike, as {@code family} has it. */
  public static ObjectNode toUniformJson(ModelSpec spec, DType dtype, ModelFamily family) {
    ObjectNode config = toJson(spec, dtype, family);
    config.remove(ImmutableSet.of(BASE, BlockConfigs.KEY));
    config.putArray("architectures").add(family.architecture());
    if (family == ModelFamily.MISTRAL) {
      config.putNull("sliding_window");
    }
    return config;
  }

  private static int widest(ModelSpec spec) {
    return spec.blocks().stream().mapToInt(block -> block.ffn().channels()).reduce(1, Math::max);
  }

  private static int mostKvHeads(ModelSpec spec) {
    return spec.blocks().stream()
        .mapToInt(block -> block.attention().kvHeads())
        .reduce(1, Math::max);
  }

  private static final class AttentionWriter implements AttentionSpec.Visitor<ObjectNode> {
    @Override
    public ObjectNode visit(AttentionSpec.GroupedQuery attention) {
      return BlockConfigs.flags(false, false).put(BlockConfigs.KV_HEADS, attention.kvHeads());
    }

    @Override
    public ObjectNode visit(AttentionSpec.Linear attention) {
      return BlockConfigs.flags(false, true).putNull(BlockConfigs.KV_HEADS);
    }

    @Override
    public ObjectNode visit(AttentionSpec.NoOp attention) {
      return BlockConfigs.flags(true, false).putNull(BlockConfigs.KV_HEADS);
    }
  }

  private static final class FfnWriter implements FfnSpec.Visitor<ObjectNode> {
    @Override
    public ObjectNode visit(FfnSpec.Gated ffn) {
      return BlockConfigs.flags(false, false).put(BlockConfigs.CHANNELS, ffn.channels());
    }

    @Override
    public ObjectNode visit(FfnSpec.Linear ffn) {
      return BlockConfigs.flags(false, true).putNull(BlockConfigs.CHANNELS);
    }

    @Override
    public ObjectNode visit(FfnSpec.NoOp ffn) {
      return BlockConfigs.flags(true, false).putNull(BlockConfigs.CHANNELS);
    }
  }
}
