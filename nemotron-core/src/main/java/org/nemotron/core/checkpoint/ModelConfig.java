package org.nemotron.core.checkpoint;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.core.spec.ModelSpec;

/**
 * What a config.json says. Immutable.
 *
 * @param spec the model
 * @param storedSpec the model as its tensors are stored: the same, but that gated networks may have
 *     further channels, which are zero (see {@link DeciLmWidths})
 */
record ModelConfig(ModelSpec spec, ModelSpec storedSpec) {
  private static final ImmutableMap<String, String> ARCHITECTURE_OF_TYPE =
      ImmutableMap.of(
          "llama", LlamaConfigs.ARCHITECTURE, DeciLmConfigs.MODEL_TYPE, DeciLmConfigs.ARCHITECTURE);

  /**
   * Reads {@code path}.
   *
   * @throws CheckpointFormatException if it is missing or damaged, or describes a model that this
   *     library does not have
   */
  static ModelConfig read(Path path) throws IOException {
    JsonFile file = JsonFile.read(path);
    try {
      return parse(file);
    } catch (IllegalArgumentException e) {
      throw new CheckpointFormatException(path + ": " + e.getMessage(), e);
    }
  }

  private static ModelConfig parse(JsonFile file) throws CheckpointFormatException {
    String architecture = architecture(file);
    if (architecture.equals(LlamaConfigs.ARCHITECTURE)) {
      ModelSpec spec = LlamaConfigs.parse(file);
      return new ModelConfig(spec, spec);
    }
    if (architecture.equals(DeciLmConfigs.ARCHITECTURE)) {
      return DeciLmConfigs.parse(file);
    }
    throw new CheckpointFormatException(
        file.where()
            + ": architecture "
            + architecture
            + " is not supported; "
            + ImmutableList.copyOf(ARCHITECTURE_OF_TYPE.values())
            + " are");
  }

  private static String architecture(JsonFile file) throws CheckpointFormatException {
    if (file.has("architectures") && file.node().path("architectures").size() == 1) {
      return file.node().path("architectures").path(0).asText();
    }
    String type = file.text("model_type", "(not named)");
    return ARCHITECTURE_OF_TYPE.getOrDefault(type, type);
  }
}
