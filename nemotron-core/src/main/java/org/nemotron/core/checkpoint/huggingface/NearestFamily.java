package org.nemotron.core.checkpoint.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.nemotron.core.checkpoint.file.JsonFile;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;

/**
 * Says of an unknown architecture which known family comes nearest, and which keys of its
 * config.json that family does not have.
 */
final class NearestFamily {
  /** Keys that say nothing about the arithmetic, or what every family says with them. */
  private static final ImmutableSet<String> COMMON =
      ImmutableSet.<String>builder()
          .add("architectures", "model_type", "auto_map", "torch_dtype", "dtype", "_name_or_path")
          .add("transformers_version", "use_cache", "initializer_range", "attention_dropout")
          .add("pretraining_tp", "bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id")
          .add("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers")
          .add("num_attention_heads", "num_key_value_heads", "head_dim", "rms_norm_eps")
          .add("hidden_act", "max_position_embeddings", "rope_theta", "rope_scaling")
          .add("rope_parameters", "tie_word_embeddings", "attention_bias", "mlp_bias")
          .build();

  private static final ImmutableMap<ModelFamily, ImmutableSet<String>> OWN =
      ImmutableMap.of(
          ModelFamily.LLAMA, ImmutableSet.of(),
          ModelFamily.MISTRAL, ImmutableSet.of("sliding_window"),
          ModelFamily.QWEN2,
              ImmutableSet.of(
                  "sliding_window", "use_sliding_window", "max_window_layers", "layer_types"),
          ModelFamily.QWEN3,
              ImmutableSet.of(
                  "sliding_window", "use_sliding_window", "max_window_layers", "layer_types"));

  private NearestFamily() {}

  /** Returns whether {@code family} has every key of {@code file} that means something. */
  static boolean hasAllKeysOf(JsonFile file, ModelFamily family) {
    return difference(file, family).isEmpty();
  }

  static CheckpointFormatException unsupported(JsonFile file, String architecture) {
    ModelFamily nearest = ModelFamily.LLAMA;
    List<String> difference = difference(file, nearest);
    for (ModelFamily family : ModelFamily.values()) {
      List<String> other = difference(file, family);
      boolean sameName = architecture.startsWith(family.architecture().substring(0, 5));
      if (other.size() < difference.size() || (other.size() == difference.size() && sameName)) {
        nearest = family;
        difference = other;
      }
    }
    return new CheckpointFormatException(
        file.where()
            + ": architecture "
            + architecture
            + " is not supported; "
            + ModelConfig.supported()
            + " are.\nThe nearest is "
            + nearest.architecture()
            + (difference.isEmpty()
                ? ": maybe the weights are named and used as there, then say so in architectures and"
                    + " model_type."
                : ", which does not have " + String.join(", ", difference) + "."));
  }

  /** Returns the keys with their values that {@code family} does not have. */
  private static List<String> difference(JsonFile file, ModelFamily family) {
    List<String> difference = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : file.node().properties()) {
      String key = entry.getKey();
      JsonNode value = entry.getValue();
      boolean known =
          COMMON.contains(key) || OWN.getOrDefault(family, ImmutableSet.of()).contains(key);
      boolean silent = value.isNull() || (value.isBoolean() && !value.asBoolean());
      if (key.equals(GateActivations.KEY) && !GateActivations.isSilu(value.asText())) {
        known = false;
      }
      if (!known && !silent) {
        difference.add(value.isValueNode() ? key + " (" + value + ")" : key);
      }
    }
    return difference;
  }
}
