package org.nemotron.core.checkpoint.huggingface;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.nemotron.core.checkpoint.file.JsonFile;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;

/**
 * The {@code block_configs} of a config.json: one entry per layer, in either spelling.
 *
 * <p>nemotron-nas says {@code n_heads_in_group} and {@code ffn_mult}, AnyModel {@code
 * num_key_value_heads} and {@code intermediate_size}. Where both say the width, {@code ffn_mult}
 * gives that of the tensors and {@code intermediate_size} that of the model; the channels between
 * are zero. Where neither says anything, the value outside the layers counts.
 */
final class BlockConfigs {
  static final String KEY = "block_configs";
  static final String KV_GROUP = "n_heads_in_group";
  static final String KV_HEADS = "num_key_value_heads";
  static final String MULTIPLIER = "ffn_mult";
  static final String CHANNELS = "intermediate_size";

  private static final String NO_OP = "no_op";
  private static final String LINEAR = "replace_with_linear";

  /** Settings that change the arithmetic in ways this library does not have. */
  private static final ImmutableSet<String> MUST_BE_ABSENT =
      ImmutableSet.of(
          "num_sink_tokens",
          "sparsify",
          "window_length",
          "moe",
          "mamba",
          "llama4",
          "parallel_blocks");

  private final FamilyConfigs config;
  private final JsonFile file;

  BlockConfigs(FamilyConfigs config) {
    this.config = config;
    this.file = config.file();
  }

  ModelConfig parse(ModelFamily family) throws CheckpointFormatException {
    ImmutableList<JsonFile> layers = file.objects(KEY);
    if (layers.size() != file.count("num_hidden_layers")) {
      throw new CheckpointFormatException(
          file.where()
              + ": "
              + KEY
              + " has "
              + layers.size()
              + " entries but num_hidden_layers is "
              + file.count("num_hidden_layers"));
    }
    ImmutableList.Builder<BlockSpec> blocks = ImmutableList.builder();
    ImmutableList.Builder<BlockSpec> storedBlocks = ImmutableList.builder();
    for (JsonFile layer : layers) {
      checkSupported(layer);
      AttentionSpec stored = attention(layer.object("attention"));
      JsonFile ffn = layer.object("ffn");
      checkSupported(ffn);
      GateActivations.check(ffn);
      blocks.add(new BlockSpec(used(stored), ffn(ffn, true)));
      storedBlocks.add(new BlockSpec(stored, ffn(ffn, false)));
    }
    ModelSpec spec = config.withBlocks(blocks.build());
    return new ModelConfig(spec, spec.withBlocks(storedBlocks.build()), family);
  }

  private AttentionSpec attention(JsonFile attention) throws CheckpointFormatException {
    checkSupported(attention);
    if (attention.flag(NO_OP, false)) {
      return new AttentionSpec.NoOp();
    }
    if (attention.flag(LINEAR, false)) {
      return new AttentionSpec.Linear();
    }
    OptionalInt kvHeads = attention.optionalCount(KV_HEADS);
    if (kvHeads.isPresent()) {
      return config.attention(kvHeads.getAsInt());
    }
    if (!attention.has(KV_GROUP) && file.has(KV_HEADS)) {
      return config.attention(config.kvHeads());
    }
    int queryHeads = file.count("num_attention_heads");
    int group = attention.count(KV_GROUP);
    if (queryHeads % group != 0) {
      throw new CheckpointFormatException(
          attention.where()
              + ": "
              + KV_GROUP
              + " ("
              + group
              + ") must divide num_attention_heads ("
              + queryHeads
              + ")");
    }
    return config.attention(queryHeads / group);
  }

  /** Returns the attention without an output bias that is said to be nothing but zeros. */
  private AttentionSpec used(AttentionSpec stored) throws CheckpointFormatException {
    return file.flag(DeciLmConfigs.OUTPUT_BIAS, true)
        ? stored
        : stored.withTraits(
            Sets.difference(stored.traits(), ImmutableSet.of(AttentionTrait.OUTPUT_BIAS)));
  }

  private FfnSpec ffn(JsonFile ffn, boolean trimmed) throws CheckpointFormatException {
    if (ffn.flag(NO_OP, false)) {
      return new FfnSpec.NoOp();
    }
    if (ffn.flag(LINEAR, false)) {
      return new FfnSpec.Linear();
    }
    OptionalDouble multiplier = ffn.optionalNumber(MULTIPLIER);
    if (multiplier.isEmpty()) {
      boolean inherited = !ffn.has(CHANNELS) && file.has(CHANNELS);
      return new FfnSpec.Gated(inherited ? config.channels() : ffn.count(CHANNELS));
    }
    long stored = DeciLmWidths.channels(multiplier.getAsDouble(), file.count("hidden_size"));
    if (stored < 1 || stored > Integer.MAX_VALUE) {
      throw ffn.wrong(MULTIPLIER, ffn.node().path(MULTIPLIER), "positive and below 2^31 channels");
    }
    int channels = ffn.optionalCount(CHANNELS).orElse((int) stored);
    if (DeciLmWidths.storedChannels(channels) != stored) {
      throw new CheckpointFormatException(
          ffn.where()
              + ": "
              + CHANNELS
              + " ("
              + channels
              + ") must be a width that "
              + MULTIPLIER
              + " rounds up to "
              + stored);
    }
    return new FfnSpec.Gated(trimmed ? channels : (int) stored);
  }

  private static void checkSupported(JsonFile subBlock) throws CheckpointFormatException {
    for (String key : MUST_BE_ABSENT) {
      if (subBlock.has(key)) {
        throw new CheckpointFormatException(
            subBlock.where() + ": " + key + " is not supported; it must be null");
      }
    }
    if (subBlock.flag(NO_OP, false) && subBlock.flag(LINEAR, false)) {
      throw new CheckpointFormatException(
          subBlock.where() + ": " + NO_OP + " and " + LINEAR + " must not both be true");
    }
  }

  /** Returns the part of an entry that both spellings share. */
  static ObjectNode flags(boolean noOp, boolean linear) {
    return new JsonMapper().createObjectNode().put(NO_OP, noOp).put(LINEAR, linear);
  }
}
