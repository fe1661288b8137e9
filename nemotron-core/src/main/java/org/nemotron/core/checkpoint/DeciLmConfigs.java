package org.nemotron.core.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.OptionalDouble;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.tensor.DType;

/**
 * The config.json of nemotron-nas (DeciLM) models: Llama's keys, and {@code block_configs} with one
 * entry per layer.
 *
 * <p>Beside {@code ffn_mult}, which can only say multiples of 256, the key {@code
 * intermediate_size} is written with the real width; other readers ignore it and get the padded
 * one, whose output is the same.
 */
final class DeciLmConfigs {
  static final String ARCHITECTURE = "DeciLMForCausalLM";
  static final String MODEL_TYPE = "nemotron-nas";

  private static final String KV_GROUP = "n_heads_in_group";
  private static final String MULTIPLIER = "ffn_mult";
  private static final String CHANNELS = "intermediate_size";
  private static final String NO_OP = "no_op";
  private static final String LINEAR = "replace_with_linear";

  /** Sub-block settings that change the arithmetic in ways this library does not have. */
  private static final ImmutableSet<String> MUST_BE_ABSENT =
      ImmutableSet.of("num_sink_tokens", "sparsify", "window_length");

  private DeciLmConfigs() {}

  // ---- reading

  static ModelConfig parse(JsonFile file) throws CheckpointFormatException {
    ImmutableList<JsonFile> layers = file.objects("block_configs");
    if (layers.size() != file.count("num_hidden_layers")) {
      throw new CheckpointFormatException(
          file.where()
              + ": block_configs has "
              + layers.size()
              + " entries but num_hidden_layers is "
              + file.count("num_hidden_layers"));
    }
    ImmutableList.Builder<BlockSpec> blocks = ImmutableList.builder();
    ImmutableList.Builder<BlockSpec> storedBlocks = ImmutableList.builder();
    for (JsonFile layer : layers) {
      AttentionSpec attention = attention(file, layer.object("attention"));
      JsonFile ffn = layer.object("ffn");
      checkSupported(ffn);
      blocks.add(new BlockSpec(attention, ffn(file, ffn, true)));
      storedBlocks.add(new BlockSpec(attention, ffn(file, ffn, false)));
    }
    ModelSpec spec = LlamaConfigs.withBlocks(file, blocks.build());
    return new ModelConfig(spec, spec.withBlocks(storedBlocks.build()));
  }

  private static AttentionSpec attention(JsonFile file, JsonFile attention)
      throws CheckpointFormatException {
    checkSupported(attention);
    if (attention.flag(NO_OP, false)) {
      return new AttentionSpec.NoOp();
    }
    if (attention.flag(LINEAR, false)) {
      return new AttentionSpec.Linear();
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
    return new AttentionSpec.GroupedQuery(
        queryHeads, queryHeads / group, LlamaConfigs.headDim(file));
  }

  private static FfnSpec ffn(JsonFile file, JsonFile ffn, boolean trimmed)
      throws CheckpointFormatException {
    if (ffn.flag(NO_OP, false)) {
      return new FfnSpec.NoOp();
    }
    if (ffn.flag(LINEAR, false)) {
      return new FfnSpec.Linear();
    }
    OptionalDouble multiplier = ffn.optionalNumber(MULTIPLIER);
    if (multiplier.isEmpty()) {
      return new FfnSpec.Gated(ffn.count(CHANNELS));
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

  // ---- writing

  /** Returns the model as its tensors are stored: gated networks of a width that can be said. */
  static ModelSpec storedSpec(ModelSpec spec) {
    return spec.withBlocks(
        spec.blocks().stream()
            .map(block -> new BlockSpec(block.attention(), storedFfn(block.ffn())))
            .collect(ImmutableList.toImmutableList()));
  }

  private static FfnSpec storedFfn(FfnSpec ffn) {
    return ffn instanceof FfnSpec.Gated gated
        ? new FfnSpec.Gated(DeciLmWidths.storedChannels(gated.channels()))
        : ffn;
  }

  /** Returns the config.json of {@code spec} with tensors of {@code dtype}. */
  static ObjectNode toJson(ModelSpec spec, DType dtype) {
    ObjectNode config = new JsonMapper().createObjectNode();
    config.putArray("architectures").add(ARCHITECTURE);
    config
        .putObject("auto_map")
        .put("AutoConfig", "configuration_decilm.DeciLMConfig")
        .put("AutoModelForCausalLM", "modeling_decilm.DeciLMForCausalLM");
    config.put("model_type", MODEL_TYPE);
    config.put("torch_dtype", dtype.configName());
    config.put("hidden_size", spec.width());
    config.putNull("intermediate_size");
    config.put("num_hidden_layers", spec.layers());
    config.put("num_attention_heads", spec.queryHeads());
    config.putNull("num_key_value_heads");
    config.put("head_dim", spec.headDim());
    config.put("vocab_size", spec.vocabularySize());
    config.put("max_position_embeddings", spec.maxPositions());
    config.put("rms_norm_eps", spec.rmsNormEps());
    RopeConfigs.put(config, spec.rope());
    config.put("tie_word_embeddings", spec.tiedEmbeddings());
    putTokens(config, spec.specialTokens());
    config.put("hidden_act", "silu").put("attention_bias", false).put("mlp_bias", false);
    config.put("attention_dropout", 0.0).put("initializer_range", 0.02).put("pretraining_tp", 1);
    config.put("use_cache", true).put("transformers_version", "4.48.3");
    ArrayNode blocks = config.putArray("block_configs");
    for (BlockSpec block : spec.blocks()) {
      ObjectNode entry = blocks.addObject();
      entry.set("attention", block.attention().accept(new AttentionWriter()));
      entry.set("ffn", block.ffn().accept(new FfnWriter(spec.width())));
    }
    return config;
  }

  /** Adds the ids of the special tokens; those that end a generation are a list. */
  static void putTokens(ObjectNode config, SpecialTokens tokens) {
    config.set("bos_token_id", oneOrList(tokens.beginOfText()));
    if (tokens.endOfText().isEmpty()) {
      config.putNull("eos_token_id");
    } else {
      tokens.endOfText().forEach(config.putArray("eos_token_id")::add);
    }
    config.set("pad_token_id", oneOrList(tokens.padding()));
  }

  private static JsonNode oneOrList(ImmutableList<Integer> ids) {
    JsonMapper json = new JsonMapper();
    return ids.isEmpty()
        ? json.nullNode()
        : ids.size() == 1 ? json.valueToTree(ids.get(0)) : json.valueToTree(ids);
  }

  private static ObjectNode flags(boolean noOp, boolean linear) {
    return new JsonMapper().createObjectNode().put(NO_OP, noOp).put(LINEAR, linear);
  }

  private static final class AttentionWriter implements AttentionSpec.Visitor<ObjectNode> {
    @Override
    public ObjectNode visit(AttentionSpec.GroupedQuery attention) {
      return withWindows(flags(false, false).put(KV_GROUP, attention.groupSize()));
    }

    @Override
    public ObjectNode visit(AttentionSpec.Linear attention) {
      return withWindows(flags(false, true).putNull(KV_GROUP));
    }

    @Override
    public ObjectNode visit(AttentionSpec.NoOp attention) {
      return withWindows(flags(true, false).putNull(KV_GROUP));
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
      return flags(false, false)
          .put(MULTIPLIER, DeciLmWidths.multiplier(stored, hiddenSize))
          .put(CHANNELS, ffn.channels())
          .putNull("sparsify");
    }

    @Override
    public ObjectNode visit(FfnSpec.Linear ffn) {
      return flags(false, true).putNull(MULTIPLIER).putNull("sparsify");
    }

    @Override
    public ObjectNode visit(FfnSpec.NoOp ffn) {
      return flags(true, false).putNull(MULTIPLIER).putNull("sparsify");
    }
  }
}
