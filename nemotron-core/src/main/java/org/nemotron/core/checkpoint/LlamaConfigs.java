package org.nemotron.core.checkpoint;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.Collections;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.SpecialTokens;

/** The config.json of Llama 2, 3, 3.1 and 3.2, and the part of it that DeciLM shares. */
final class LlamaConfigs {
  static final String ARCHITECTURE = "LlamaForCausalLM";

  // What transformers assumes where a config.json is silent.
  private static final double DEFAULT_EPS = 1e-6;
  private static final int DEFAULT_MAX_POSITIONS = 2048;

  private static final ImmutableSet<String> MUST_BE_OFF =
      ImmutableSet.of("attention_bias", "mlp_bias");

  private LlamaConfigs() {}

  /** Returns the model: all of its layers alike. */
  static ModelSpec parse(JsonFile file) throws CheckpointFormatException {
    int queryHeads = file.count("num_attention_heads");
    int kvHeads = file.optionalCount("num_key_value_heads").orElse(queryHeads);
    BlockSpec block =
        new BlockSpec(
            new AttentionSpec.GroupedQuery(queryHeads, kvHeads, headDim(file)),
            new FfnSpec.Gated(file.count("intermediate_size")));
    return withBlocks(file, Collections.nCopies(file.count("num_hidden_layers"), block));
  }

  /** Returns the model with what the file says outside its layers, and {@code blocks}. */
  static ModelSpec withBlocks(JsonFile file, Iterable<BlockSpec> blocks)
      throws CheckpointFormatException {
    checkSupported(file);
    return new ModelSpec(
        file.count("vocab_size"),
        file.count("hidden_size"),
        file.count("num_attention_heads"),
        headDim(file),
        file.number("rms_norm_eps", DEFAULT_EPS),
        RopeConfigs.parse(file),
        file.optionalCount("max_position_embeddings").orElse(DEFAULT_MAX_POSITIONS),
        file.flag("tie_word_embeddings", false),
        new SpecialTokens(
            file.tokens("bos_token_id"), file.tokens("eos_token_id"), file.tokens("pad_token_id")),
        ImmutableList.copyOf(blocks));
  }

  /** Returns the size of a head: named, or else the hidden size divided by the heads. */
  static int headDim(JsonFile file) throws CheckpointFormatException {
    if (file.has("head_dim")) {
      return file.count("head_dim");
    }
    int width = file.count("hidden_size");
    int heads = file.count("num_attention_heads");
    if (width % heads != 0) {
      throw new CheckpointFormatException(
          file.where()
              + ": hidden_size ("
              + width
              + ") must be a multiple of num_attention_heads ("
              + heads
              + ") where head_dim is not given");
    }
    return width / heads;
  }

  private static void checkSupported(JsonFile file) throws CheckpointFormatException {
    for (String key : MUST_BE_OFF) {
      if (file.flag(key, false)) {
        throw new CheckpointFormatException(
            file.where() + ": " + key + " (true) is not supported; it must be false");
      }
    }
    String activation = file.text("hidden_act", "silu");
    if (!activation.equals("silu")) {
      throw new CheckpointFormatException(
          file.where() + ": hidden_act (" + activation + ") is not supported; it must be silu");
    }
    if (file.has("quantization_config")) {
      throw new CheckpointFormatException(
          file.where()
              + ": quantization_config is not supported.\n"
              + "Maybe the model is also published in bfloat16 or float16.");
    }
  }
}
