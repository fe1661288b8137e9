package org.nemotron.core.checkpoint;

import static com.google.common.base.Verify.verifyNotNull;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.Longs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.provenance.AtomicFiles;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Tensors;

/**
 * Writes a model as a Hugging Face directory in the nemotron-nas (DeciLM) form: config.json,
 * generation_config.json, model.safetensors and the parent's tokenizer files.
 *
 * <p>{@link ModelReader} reads back the same tensors bit for bit when both use the model's element
 * type. Gated networks whose width is no multiple of 256, which this form cannot name, are stored
 * with channels of zeros; see {@link DeciLmWidths}.
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
          "chat_template.jinja");

  private static final ImmutableSet<String> WRITTEN_FILES =
      ImmutableSet.<String>builder()
          .addAll(TOKENIZER_FILES)
          .add(CheckpointDirectory.CONFIG, CheckpointDirectory.WEIGHTS, GENERATION_CONFIG)
          .build();

  private ModelWriter() {}

  /**
   * Writes {@code model} to {@code directory}, which appears whole or not at all. A directory that
   * this class wrote before is replaced.
   *
   * @param dtype element type of the file
   * @param parentDirectory where the tokenizer files are copied from, as far as they are there
   * @throws IOException if {@code directory} is the parent's or holds anything but a checkpoint, or
   *     if it cannot be written; what stood there before is then untouched
   * @throws IllegalArgumentException if a width cannot be written in this form
   */
  public static void write(
      HeterogeneousModel model, Path directory, DType dtype, Path parentDirectory)
      throws IOException {
    checkReplaceable(directory, parentDirectory);
    ObjectNode config = DeciLmConfigs.toJson(model.spec(), dtype);
    AtomicFiles.writeDirectory(
        directory,
        partial -> {
          weights(model, dtype).write(partial.resolve(CheckpointDirectory.WEIGHTS));
          copyTokenizer(parentDirectory, partial);
          writeGenerationConfig(model.spec(), parentDirectory, partial);
          AtomicFiles.write(partial.resolve(CheckpointDirectory.CONFIG), pretty(config));
        });
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
          entries
              .filter(path -> !WRITTEN_FILES.contains(path.getFileName().toString()))
              .findFirst();
      if (other.isPresent()) {
        throw new IOException(
            directory
                + " would be replaced, but holds "
                + other.get().getFileName()
                + ", which is no part of a checkpoint.\nMaybe name a new directory.");
      }
    }
  }

  private static SafetensorsWriter weights(HeterogeneousModel model, DType dtype) {
    SafetensorsWriter writer = new SafetensorsWriter();
    ImmutableMap<String, ImmutableList<Long>> shapes =
        DeciLmConfigs.storedSpec(model.spec()).tensorShapes();
    for (Map.Entry<String, Tensor> entry : model.tensors().entrySet()) {
      ImmutableList<Long> shape = verifyNotNull(shapes.get(entry.getKey()), entry.getKey());
      writer.add(entry.getKey(), dtype, shape, () -> padded(entry.getValue(), shape, dtype));
    }
    return writer;
  }

  /** Returns {@code tensor} as {@code dtype}, with zeros behind it up to {@code shape}. */
  private static Tensor padded(Tensor tensor, ImmutableList<Long> shape, DType dtype) {
    Tensor cast = Tensors.cast(tensor.detach(), dtype);
    if (Longs.asList(cast.shape()).equals(shape)) {
      return cast;
    }
    Tensor zeros = Tensors.zeros(Tensors.device(cast), dtype, Longs.toArray(shape));
    Tensor part = zeros;
    for (int dimension = 0; dimension < shape.size(); dimension++) {
      part = part.narrow(dimension, 0, cast.size(dimension));
    }
    part.copy_(cast);
    return zeros;
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
    DeciLmConfigs.putTokens(config, spec.specialTokens());
    AtomicFiles.write(directory.resolve(GENERATION_CONFIG), pretty(config));
  }

  private static String pretty(ObjectNode json) throws IOException {
    return new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
  }
}
