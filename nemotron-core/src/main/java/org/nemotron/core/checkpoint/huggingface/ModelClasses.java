package org.nemotron.core.checkpoint.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.base.Ascii;
import java.util.Optional;
import org.nemotron.core.checkpoint.file.JsonFile;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;

/**
 * Which class of models a config.json names. As in transformers, {@code model_type} goes before
 * {@code architectures}: older and misspelled names of classes are read by their type.
 */
final class ModelClasses {
  private static final String NAMES = "architectures";
  private static final String TYPE = "model_type";
  private static final String CODE = "AutoModelForCausalLM";
  private static final String UNNAMED = "(not named)";
  private static final String HEADED = "forcausallm";

  private ModelClasses() {}

  /** Returns the one architecture that {@code file} names, or an empty text. */
  static String architecture(JsonFile file) throws CheckpointFormatException {
    JsonNode names = file.node().path(NAMES);
    if (file.has(NAMES) && !names.isArray()) {
      throw file.wrong(NAMES, names, "a list");
    }
    if (names.size() == 1 && names.path(0).isTextual()) {
      return names.path(0).asText();
    }
    boolean deci = DeciLmConfigs.MODEL_TYPES.contains(file.text(TYPE, ""));
    return deci ? DeciLmConfigs.ARCHITECTURE : "";
  }

  /**
   * Returns the family of {@code architecture}, which {@code file} names.
   *
   * @throws CheckpointFormatException if it is not supported, or contradicts the model type
   */
  static ModelFamily family(JsonFile file, String architecture) throws CheckpointFormatException {
    String type = file.text(TYPE, "");
    Optional<ModelFamily> byType = ModelFamily.ofType(type);
    Optional<ModelFamily> byName = ModelFamily.ofArchitecture(architecture);
    if (byType.isPresent()) {
      checkName(file, byType.get(), architecture);
      return byType.get();
    }
    if (byName.isPresent() && !type.isEmpty()) {
      throw file.wrong(
          TYPE,
          file.node().path(TYPE),
          byName.get().modelType() + " where architectures is " + architecture);
    }
    return byName.orElseThrow(
        () ->
            NearestFamily.unsupported(
                file,
                architecture.isEmpty() ? file.node().path(TYPE).asText(UNNAMED) : architecture));
  }

  /** Checks that a model of {@code family} may be called {@code architecture}. */
  private static void checkName(JsonFile file, ModelFamily family, String architecture)
      throws CheckpointFormatException {
    if (architecture.isEmpty() || ModelFamily.ofArchitecture(architecture).isPresent()) {
      return;
    }
    if (!Ascii.toLowerCase(architecture).endsWith(HEADED)) {
      throw new CheckpointFormatException(
          file.where()
              + ": architecture "
              + architecture
              + " does not predict tokens; it must be "
              + family.architecture()
              + ".\nMaybe the model that it was made from is meant.");
    }
    if (!NearestFamily.hasAllKeysOf(file, family)) {
      throw NearestFamily.unsupported(file, architecture);
    }
    String code = file.node().path("auto_map").path(CODE).asText();
    if (!code.isEmpty()) {
      throw new CheckpointFormatException(
          file.where()
              + ": architecture "
              + architecture
              + " has code of its own (auto_map, "
              + code
              + "), which this library does not run.\nMaybe it computes as "
              + family.architecture()
              + " does, then name that in architectures.");
    }
  }
}
