package org.nemotron.core.checkpoint;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;

/**
 * The config.json files of the three nemotron-nas models that NVIDIA published, made from a short
 * notation of their layers: {@code 8:5.25*5} is five layers with 8 query heads per key/value head
 * and a multiplier of 5.25; {@code -} is an absent sub-block, {@code L} a linear one.
 */
enum PublishedNemotrons {
  /** Llama-3_1-Nemotron-51B-Instruct. */
  NEMOTRON_51B(
      8192,
      64,
      8,
      "8:1.3125 16:2.625 8:5.25*3 32:2.625*2 64:2.625*2 32:2.625*2 L:2.625 64:2.625 32:2.625*2"
          + " L:1.3125 8:5.25*19 L:2.625 8:5.25*2 L:2.625 L:5.25 L:2.625*3 -:1.3125 L:1.3125"
          + " 8:5.25 -:1.3125 L:1.3125 -:1.3125 8:5.25 L:1.3125 -:1.3125 L:1.3125*2 -:1.3125*2"
          + " L:1.3125 -:1.3125*2 L:1.3125*4 8:5.25*17"),
  /** Llama-3_3-Nemotron-Super-49B-v1. */
  NEMOTRON_SUPER_49B(
      8192,
      64,
      8,
      "8:2.625 8:5.25*5 -:2.625*2 8:5.25*3 -:3.28125 8:5.25*30 -:1.3125 -:2.625*2 -:1.3125"
          + " -:5.25 -:1.3125 -:2.625 -:1.3125*3 8:5.25 -:1.3125 -:1.0*2 -:1.3125 -:1.0*3"
          + " -:1.3125*2 -:0.5*2 -:1.0*2 -:0.5*2 -:1.0 -:0.5*2 8:5.25*9"),
  /** Llama-3_1-Nemotron-Ultra-253B-v1. */
  NEMOTRON_ULTRA_253B(
      16384,
      128,
      16,
      "16:0.4875 16:0.975 16:1.4625*6 16:1.95 -:-*4 16:1.95*3 16:4.875*2 -:-*6 16:4.875*3 -:-*5"
          + " 16:4.875*3 16:2.4375 -:-*3 16:1.95*3 -:1.95 16:4.875 -:4.875 -:-*5 16:4.875*4 -:-*5"
          + " 16:4.875*4 -:-*5 16:4.875*4 -:-*5 16:4.875*4 -:-*5 16:4.875 16:3.4125*3 -:-*2"
          + " 16:2.925 16:2.4375*3 -:2.4375*2 16:2.4375 -:- -:2.4375*7 16:2.4375 -:-*5 16:2.925"
          + " 16:4.875 -:4.875 16:4.875 -:-*8 -:36.5625 -:-*8 -:39.0 -:-*8 -:31.40625 -:-*5"
          + " -:27.5625 -:1.95 16:1.95 16:2.4375 -:- 16:2.4375*2 16:3.4125 16:4.875*4 16:2.4375");

  private final int hiddenSize;
  private final int heads;
  private final double ropeFactor;
  private final ImmutableList<String> layers;

  PublishedNemotrons(int hiddenSize, int heads, double ropeFactor, String layers) {
    this.hiddenSize = hiddenSize;
    this.heads = heads;
    this.ropeFactor = ropeFactor;
    ImmutableList.Builder<String> all = ImmutableList.builder();
    for (String run : Splitter.on(' ').split(layers)) {
      ImmutableList<String> parts = ImmutableList.copyOf(Splitter.on('*').split(run));
      int times = parts.size() == 1 ? 1 : Integer.parseInt(parts.get(1));
      for (int left = times; left > 0; left--) {
        all.add(parts.get(0));
      }
    }
    this.layers = all.build();
  }

  /** Returns the config.json as published. */
  ObjectNode config() {
    ObjectNode config = new JsonMapper().createObjectNode();
    config.putArray("architectures").add("DeciLMForCausalLM");
    config.put("attention_bias", false).put("attention_dropout", 0.0);
    config
        .putObject("auto_map")
        .put("AutoConfig", "configuration_decilm.DeciLMConfig")
        .put("AutoModelForCausalLM", "modeling_decilm.DeciLMForCausalLM");
    ArrayNode blocks = config.putArray("block_configs");
    layers.forEach(layer -> addBlock(blocks.addObject(), layer));
    config.put("bos_token_id", 128000);
    config.putArray("eos_token_id").add(128001).add(128008).add(128009);
    config.put("hidden_act", "silu").put("hidden_size", hiddenSize).put("initializer_range", 0.02);
    config.putNull("intermediate_size").put("max_position_embeddings", 131072);
    config.put("mlp_bias", false).put("model_type", "nemotron-nas");
    config.put("num_attention_heads", heads).put("num_hidden_layers", layers.size());
    config.putNull("num_key_value_heads").put("pretraining_tp", 1).put("rms_norm_eps", 1e-5);
    config
        .putObject("rope_scaling")
        .put("factor", ropeFactor)
        .put("high_freq_factor", 4.0)
        .put("low_freq_factor", 1.0)
        .put("original_max_position_embeddings", 8192)
        .put("rope_type", "llama3");
    config.put("rope_theta", 500000.0).put("tie_word_embeddings", false);
    config.put("torch_dtype", "bfloat16").put("use_cache", true).put("vocab_size", 128256);
    return config;
  }

  /** Returns the config.json with the same layers at a size that a test has room for. */
  ObjectNode smallConfig() {
    ObjectNode config = config().put("hidden_size", 64).put("head_dim", 2).put("vocab_size", 97);
    return config.put("bos_token_id", 1).put("eos_token_id", 2);
  }

  /**
   * Returns the same layers in the later spelling, which counts heads and channels.
   *
   * @param channels by multiplier
   */
  ObjectNode anyModelConfig(ImmutableMap<Double, Integer> channels) {
    ObjectNode config = config();
    config.putArray("architectures").add("AnyModel");
    config.put("base_architecture", "LlamaForCausalLM").put("model_type", "llama");
    for (var block : config.path("block_configs")) {
      ObjectNode attention = (ObjectNode) block.path("attention");
      int group = attention.path("n_heads_in_group").asInt();
      attention.remove("n_heads_in_group");
      if (group > 0) {
        attention.put("num_key_value_heads", heads / group);
      }
      attention.putNull("weights_precision").putNull("mamba").putNull("llama4");
      ObjectNode ffn = (ObjectNode) block.path("ffn");
      double multiplier = ffn.path("ffn_mult").asDouble();
      ffn.remove("ffn_mult");
      if (multiplier > 0) {
        ffn.put("intermediate_size", channels.get(multiplier));
      }
      ffn.putNull("weights_precision").putNull("moe");
      ((ObjectNode) block).putNull("parallel_blocks");
    }
    return config;
  }

  private static void addBlock(ObjectNode block, String layer) {
    ImmutableList<String> halves = ImmutableList.copyOf(Splitter.on(':').split(layer));
    ObjectNode attention = flags(block.putObject("attention"), halves.get(0));
    attention.putNull("num_sink_tokens").putNull("sparsify").put("unshifted_sink", false);
    attention.put("use_prefill_window_in_sink_attention", false).putNull("window_length");
    ObjectNode ffn = flags(block.putObject("ffn"), halves.get(1)).putNull("sparsify");
    if (isKept(halves.get(0))) {
      attention.put("n_heads_in_group", Integer.parseInt(halves.get(0)));
    } else {
      attention.putNull("n_heads_in_group");
    }
    if (isKept(halves.get(1))) {
      ffn.put("ffn_mult", Double.parseDouble(halves.get(1)));
    } else {
      ffn.putNull("ffn_mult");
    }
  }

  private static ObjectNode flags(ObjectNode subBlock, String half) {
    return subBlock.put("no_op", half.equals("-")).put("replace_with_linear", half.equals("L"));
  }

  private static boolean isKept(String half) {
    return !half.equals("-") && !half.equals("L");
  }
}
