package org.nemotron.core.checkpoint;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Maps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.huggingface.AnyModelConfigs;
import org.nemotron.core.checkpoint.huggingface.CheckpointDirectory;
import org.nemotron.core.checkpoint.huggingface.DeciLmConfigs;
import org.nemotron.core.checkpoint.huggingface.DeciLmWidths;
import org.nemotron.core.checkpoint.huggingface.EightBitForm;
import org.nemotron.core.checkpoint.huggingface.FamilyConfigs;
import org.nemotron.core.checkpoint.huggingface.ModelConfig;
import org.nemotron.core.checkpoint.huggingface.ModelFamily;
import org.nemotron.core.checkpoint.huggingface.ShardedWeights;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;

/**
 * Writes a model as a Hugging Face directory: config.json, generation_config.json,
 * model.safetensors, a model card (README.md) and the parent's tokenizer files. Weights above a
 * limit are divided among several files, with an index.
 *
 * <p>{@link ModelReader} reads back the same tensors bit for bit when both use the model's element
 * type. In the nemotron-nas form, gated FFNs whose intermediate size is no multiple of 256, which
 * this form cannot name, are stored with channels of zeros; see {@link DeciLmWidths}.
 */
public final class ModelWriter {
  private static final String GENERATION_CONFIG = "generation_config.json";

  private static final ImmutableSet<String> TOKENIZER_FILES =
      ImmutableSet.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "tokenizer.model",
          "vocab.json",
          "merges.txt",
          "chat_template.json",
          "chat_template.jinja");

  private static final ImmutableSet<String> WRITTEN_FILES =
      ImmutableSet.<String>builder()
          .addAll(TOKENIZER_FILES)
          .add(CheckpointDirectory.CONFIG, CheckpointDirectory.WEIGHTS, GENERATION_CONFIG)
          .add(CheckpointDirectory.INDEX, ModelCard.FILE)
          .build();

  private static final Pattern SHARD = Pattern.compile("model-[0-9]{5}-of-[0-9]{5}\\.safetensors");

  /** The size above which weights are divided, as transformers has it. */
  static final long MAX_FILE_BYTES = 5_000_000_000L;

  private ModelWriter() {}

  /**
   * Returns whether a file of this name is copied from the parent's directory where it is there.
   */
  public static boolean copies(String name) {
    return TOKENIZER_FILES.contains(name) || name.equals(GENERATION_CONFIG);
  }

  /** Returns the type that a model is read in to be written as {@code dtype}. */
  public static DType held(DType dtype) {
    return dtype == DType.FLOAT8_E4M3 ? DType.BFLOAT16 : dtype;
  }

  /**
   * Writes {@code model} to {@code directory}, which appears whole or not at all, in the form that
   * most engines know among those that can express it. A directory that this class wrote before is
   * replaced.
   *
   * @param dtype element type of the file; of 8-bit floats are the layers' matrices, with a scale
   *     for each row (compressed-tensors), and the rest is bfloat16
   * @param parentDirectory where the tokenizer files are copied from, as far as they are there
   * @throws IOException if {@code directory} is the parent's or holds anything but a checkpoint, or
   *     if it cannot be written; what stood there before is then untouched
   * @throws IllegalArgumentException if a width cannot be written in this form
   */
  public static void write(
      HeterogeneousModel model, Path directory, DType dtype, Path parentDirectory)
      throws IOException {
    write(
        model, directory, dtype, parentDirectory, CheckpointForm.of(model.spec()), MAX_FILE_BYTES);
  }

  /**
   * Writes {@code model} in a form of the caller's choice.
   *
   * @param maxFileBytes size above which the weights are divided among several files
   * @throws IOException as the other method does
   * @throws IllegalArgumentException if {@code form} cannot express the model
   */
  public static void write(
      HeterogeneousModel model,
      Path directory,
      DType dtype,
      Path parentDirectory,
      CheckpointForm form,
      long maxFileBytes)
      throws IOException {
    write(model.spec(), model.tensors(), directory, dtype, parentDirectory, form, maxFileBytes);
  }

  /**
   * Writes a model that is never in memory as a whole: each tensor is asked for when its turn
   * comes. All else is as in the other methods.
   *
   * @param weights tensors of floats, in any type
   * @throws IOException as the other methods do
   * @throws IllegalArgumentException if a width cannot be written in this form
   */
  public static void write(
      ModelSpec spec, WeightSource weights, Path directory, DType dtype, Path parentDirectory)
      throws IOException {
    write(
        spec,
        Maps.transformValues(named(spec, weights), Supplier::get),
        directory,
        dtype,
        parentDirectory,
        CheckpointForm.of(spec),
        MAX_FILE_BYTES);
  }

  private static ImmutableMap<String, Supplier<Tensor>> named(
      ModelSpec spec, WeightSource weights) {
    ImmutableMap.Builder<String, Supplier<Tensor>> all = ImmutableMap.builder();
    for (String name : spec.nonBlockTensorShapes().keySet()) {
      all.put(name, () -> weights.get(name));
    }
    for (int layer = 0; layer < spec.layers(); layer++) {
      int at = layer;
      for (String name : spec.block(layer).tensorShapes(spec.width()).keySet()) {
        all.put(ModelSpec.layerPrefix(layer) + name, () -> weights.get(at, name));
      }
    }
    return all.buildOrThrow();
  }

  private static void write(
      ModelSpec spec,
      Map<String, Tensor> tensors,
      Path directory,
      DType dtype,
      Path parentDirectory,
      CheckpointForm form,
      long maxFileBytes)
      throws IOException {
    checkReplaceable(directory, parentDirectory);
    ObjectNode config = config(spec, dtype, form, parentDirectory);
    if (dtype == DType.FLOAT8_E4M3) {
      EightBitForm.describe(config);
    }
    ModelCard card = ModelCard.of(directory, parentDirectory, spec).holding(dtype);
    ModelSpec stored = form == CheckpointForm.NEMOTRON_NAS ? DeciLmConfigs.storedSpec(spec) : spec;
    AtomicFiles.writeDirectory(
        directory,
        partial -> {
          ShardedWeights.write(tensors, stored.tensorShapes(), dtype, partial, maxFileBytes);
          copyTokenizer(parentDirectory, partial);
          writeGenerationConfig(spec, parentDirectory, partial);
          AtomicFiles.write(partial.resolve(ModelCard.FILE), card.toMarkdown());
          AtomicFiles.write(partial.resolve(CheckpointDirectory.CONFIG), pretty(config));
        });
  }

  private static ObjectNode config(
      ModelSpec spec, DType dtype, CheckpointForm form, Path parentDirectory) throws IOException {
    if (form == CheckpointForm.NEMOTRON_NAS) {
      return DeciLmConfigs.toJson(spec, dtype);
    }
    ImmutableSet<AttentionTrait> traits = spec.traits();
    Optional<ModelFamily> family = familyOf(parentDirectory).orOneWith(traits);
    checkArgument(family.isPresent(), "no family has attention with just %s", traits);
    if (form == CheckpointForm.ANY_MODEL) {
      return AnyModelConfigs.toJson(spec, dtype, family.get());
    }
    checkArgument(
        spec.isUniform(), "layers must be alike to be written as %s", family.get().architecture());
    return AnyModelConfigs.toUniformJson(spec, dtype, family.get());
  }

  private static ModelFamily familyOf(Path parentDirectory) throws IOException {
    Path config = parentDirectory.resolve(CheckpointDirectory.CONFIG);
    return Files.exists(config) ? ModelConfig.read(config).family() : ModelFamily.LLAMA;
  }

  /** Refuses to replace the parent, or a directory that holds files of other kinds. */
  private static void checkReplaceable(Path directory, Path parent) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    if (!Files.isDirectory(directory)) {
      throw new IOException(
          directory + " is a file and is not replaced.\nMaybe name a new directory.");
    }
    if (Files.exists(parent) && Files.isSameFile(directory, parent)) {
      throw new IOException(
          directory + " holds the parent and is not replaced.\nMaybe name a new directory.");
    }
    try (Stream<Path> entries = Files.list(directory)) {
      Optional<Path> other =
          entries.filter(path -> !isWritten(path.getFileName().toString())).findFirst();
      if (other.isPresent()) {
        throw new IOException(
            directory
                + " would be replaced, but holds "
                + other.get().getFileName()
                + ", which is no part of a checkpoint.\nMaybe name a new directory.");
      }
    }
  }

  private static boolean isWritten(String name) {
    return WRITTEN_FILES.contains(name) || SHARD.matcher(name).matches();
  }

  private static void copyTokenizer(Path parent, Path directory) throws IOException {
    for (String name : TOKENIZER_FILES) {
      if (Files.exists(parent.resolve(name))) {
        AtomicFiles.write(directory.resolve(name), Files.readAllBytes(parent.resolve(name)));
      }
    }
  }

  private static void writeGenerationConfig(ModelSpec spec, Path parent, Path directory)
      throws IOException {
    Path parents = parent.resolve(GENERATION_CONFIG);
    if (Files.exists(parents)) {
      AtomicFiles.write(directory.resolve(GENERATION_CONFIG), Files.readAllBytes(parents));
      return;
    }
    ObjectNode config = new JsonMapper().createObjectNode();
    FamilyConfigs.putTokens(config, spec.specialTokens());
    AtomicFiles.write(directory.resolve(GENERATION_CONFIG), pretty(config));
  }

  private static String pretty(ObjectNode json) throws IOException {
    return new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
  }
}
