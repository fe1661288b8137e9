package org.nemotron.core.checkpoint.huggingface;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.core.checkpoint.file.JsonFile;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.spec.ModelSpec;

/**
 * What a config.json says. Immutable.
 *
 * @param spec the model
 * @param storedSpec the model as its tensors are stored: the same, but that gated FFNs may have
 *     further channels, and projections biases, which are zero (see {@link DeciLmConfigs})
 * @param family whose keys the file has
 */
public record ModelConfig(ModelSpec spec, ModelSpec storedSpec, ModelFamily family) {
  /** Makes that of a Llama. */
  public ModelConfig(ModelSpec spec, ModelSpec storedSpec) {
    this(spec, storedSpec, ModelFamily.LLAMA);
  }

  /**
   * Reads {@code path}.
   *
   * @throws CheckpointFormatException if it is missing or damaged, or describes a model that this
   *     library does not have
   */
  public static ModelConfig read(Path path) throws IOException {
    JsonFile file = JsonFile.read(path);
    try {
      return parse(file);
    } catch (IllegalArgumentException e) {
      throw new CheckpointFormatException(path + ": " + e.getMessage(), e);
    }
  }

  private static ModelConfig parse(JsonFile file) throws CheckpointFormatException {
    String architecture = architecture(file);
    if (architecture.equals(DeciLmConfigs.ARCHITECTURE)) {
      return file.has(FamilyConfigs.KV_HEADS_PER_LAYER) && !file.has(BlockConfigs.KEY)
          ? stored(
              new FamilyConfigs(file, ModelFamily.LLAMA).differingInKvHeads(), ModelFamily.LLAMA)
          : irregular(file, ModelFamily.LLAMA);
    }
    if (architecture.equals(AnyModelConfigs.ARCHITECTURE)) {
      return irregular(file, family(file, file.text(AnyModelConfigs.BASE, "(not named)")));
    }
    ModelFamily family = family(file, architecture);
    if (file.has(BlockConfigs.KEY)) {
      return irregular(file, family);
    }
    return stored(new FamilyConfigs(file, family).uniform(), family);
  }

  /** Returns a model stored as it is. */
  private static ModelConfig stored(ModelSpec spec, ModelFamily family) {
    return new ModelConfig(spec, spec, family);
  }

  private static ModelConfig irregular(JsonFile file, ModelFamily family)
      throws CheckpointFormatException {
    return new BlockConfigs(new FamilyConfigs(file, family)).parse(family);
  }

  private static ModelFamily family(JsonFile file, String architecture)
      throws CheckpointFormatException {
    return ModelFamily.of(architecture)
        .orElseThrow(() -> NearestFamily.unsupported(file, architecture));
  }

  private static String architecture(JsonFile file) throws CheckpointFormatException {
    if (file.has("architectures") && file.node().path("architectures").size() == 1) {
      return file.node().path("architectures").path(0).asText();
    }
    String type = file.text("model_type", "(not named)");
    return DeciLmConfigs.MODEL_TYPES.contains(type) ? DeciLmConfigs.ARCHITECTURE : type;
  }

  /** Returns the architectures that can be read. */
  static ImmutableList<String> supported() {
    ImmutableList.Builder<String> names = ImmutableList.builder();
    for (ModelFamily family : ModelFamily.values()) {
      names.add(family.architecture());
    }
    return names.add(DeciLmConfigs.ARCHITECTURE, AnyModelConfigs.ARCHITECTURE).build();
  }
}
