package org.nemotron.core.checkpoint.huggingface;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
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
    if (!Files.exists(path)) {
      throw new CheckpointFormatException(
          path + " is missing" + OtherFormats.remedyWithoutConfig(path.resolveSibling("")));
    }
    JsonFile file = JsonFile.read(path);
    try {
      return parse(file);
    } catch (IllegalArgumentException e) {
      throw new CheckpointFormatException(path + ": " + e.getMessage(), e);
    }
  }

  private static ModelConfig parse(JsonFile file) throws CheckpointFormatException {
    String architecture = ModelClasses.architecture(file);
    if (architecture.equals(DeciLmConfigs.ARCHITECTURE)) {
      return file.has(FamilyConfigs.KV_HEADS_PER_LAYER) && !file.has(BlockConfigs.KEY)
          ? stored(
              new FamilyConfigs(file, ModelFamily.LLAMA).differingInKvHeads(), ModelFamily.LLAMA)
          : irregular(file, ModelFamily.LLAMA);
    }
    if (architecture.equals(AnyModelConfigs.ARCHITECTURE)) {
      return irregular(file, base(file, file.text(AnyModelConfigs.BASE, "(not named)")));
    }
    ModelFamily family = ModelClasses.family(file, architecture);
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

  private static ModelFamily base(JsonFile file, String architecture)
      throws CheckpointFormatException {
    return ModelFamily.ofArchitecture(architecture)
        .or(() -> ModelFamily.ofType(architecture))
        .orElseThrow(() -> NearestFamily.unsupported(file, architecture));
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
