package org.nemotron.core.checkpoint.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.OptionalInt;
import org.nemotron.core.checkpoint.file.JsonFile;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;

/**
 * The sliding windows of a config.json, by layer, as transformers finds them in each family. A
 * window that no layer has, or that no context exceeds, changes nothing; any other is refused.
 */
final class AttentionWindows {
  static final String KEY = "sliding_window";
  static final String SWITCH = "use_sliding_window";
  static final String FIRST_LAYER = "max_window_layers";
  static final String KINDS = "layer_types";

  private static final String FULL = "full_attention";
  private static final String SLIDING = "sliding_attention";
  private static final int DEFAULT_FIRST_LAYER = 28;

  private final JsonFile file;
  private final ModelFamily family;
  private final int layers;
  private final int maxPositions;

  AttentionWindows(JsonFile file, ModelFamily family, int layers, int maxPositions) {
    this.file = file;
    this.family = family;
    this.layers = layers;
    this.maxPositions = maxPositions;
  }

  void check() throws CheckpointFormatException {
    checkKinds();
    OptionalInt window = window();
    if (window.isEmpty()) {
      checkNoKindIsSliding();
    } else if (window.getAsInt() < maxPositions && anyLayerSlides()) {
      throw unsupported(window.getAsInt());
    }
  }

  /** Returns the window of the layers that have one. */
  private OptionalInt window() throws CheckpointFormatException {
    if (!isSwitchedOn()) {
      return OptionalInt.empty();
    }
    return file.names(KEY) || isIrregular()
        ? file.optionalCount(KEY)
        : ClassDefaults.window(family);
  }

  /** Mistral has no switch. */
  private boolean isSwitchedOn() throws CheckpointFormatException {
    return switch (family) {
      case MISTRAL -> true;
      case LLAMA, QWEN2, QWEN3 -> file.flag(SWITCH, false);
    };
  }

  /** Block configurations have no class of transformers that would add a window. */
  private boolean isIrregular() {
    return file.has(BlockConfigs.KEY);
  }

  private boolean anyLayerSlides() throws CheckpointFormatException {
    return switch (family) {
      case LLAMA -> true;
      case MISTRAL -> !file.has(KINDS) || anyKindSlides();
      case QWEN2, QWEN3 ->
          file.has(KINDS)
              ? anyKindSlides()
              : file.optionalIndex(FIRST_LAYER).orElse(DEFAULT_FIRST_LAYER) < layers;
    };
  }

  private boolean anyKindSlides() {
    for (JsonNode kind : file.node().path(KINDS)) {
      if (kind.asText().equals(SLIDING)) {
        return true;
      }
    }
    return false;
  }

  private void checkKinds() throws CheckpointFormatException {
    if (!file.has(KINDS)) {
      return;
    }
    JsonNode kinds = file.node().path(KINDS);
    if (!kinds.isArray() || kinds.size() != layers) {
      throw file.wrong(KINDS, kinds, "a list with one entry per layer (" + layers + ")");
    }
    for (JsonNode kind : kinds) {
      if (!kind.asText().equals(FULL) && !kind.asText().equals(SLIDING)) {
        throw unsupported(kind);
      }
    }
  }

  private void checkNoKindIsSliding() throws CheckpointFormatException {
    for (JsonNode kind : file.node().path(KINDS)) {
      if (kind.asText().equals(SLIDING)) {
        throw unsupported(kind);
      }
    }
  }

  private CheckpointFormatException unsupported(JsonNode kind) {
    return new CheckpointFormatException(
        file.where()
            + ": layer_types ("
            + kind.asText()
            + ") is not supported; it must be full_attention");
  }

  private CheckpointFormatException unsupported(int window) {
    String found = file.names(KEY) ? " (" + window + ")" : ClassDefaults.taken(family, window);
    return new CheckpointFormatException(
        file.where()
            + ": "
            + KEY
            + found
            + " is not supported; it must be null, or not below max_position_embeddings ("
            + maxPositions
            + ").\nMaybe lower max_position_embeddings to "
            + window
            + ": within one window the model is the same.");
  }
}
