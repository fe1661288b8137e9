package org.nemotron.core.checkpoint;

import com.google.common.collect.ImmutableList;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.gguf.GgufFile;
import org.nemotron.core.checkpoint.gguf.GgufKeys;
import org.nemotron.core.checkpoint.gguf.GgufTokenizers;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;

/** Makes a Hugging Face directory, tokenizer included, from a GGUF file. */
public final class GgufModelUnpacker {
  private GgufModelUnpacker() {}

  /**
   * Writes the model in {@code file} to {@code directory}, which appears whole or not at all, in
   * the form that most engines know among those that can express it.
   *
   * @param dtype element type of the directory's weights
   * @throws IOException if the file is missing, damaged, or its model or tokenizer is not
   *     supported, or if the directory cannot be written
   */
  public static void unpack(Path file, Path directory, DType dtype) throws IOException {
    unpack(file, directory, dtype, CheckpointForm.of(ModelSpecReader.read(file)));
  }

  /**
   * Writes the model in a form of the caller's choice.
   *
   * @throws IOException as the other method does
   * @throws IllegalArgumentException if {@code form} cannot express the model
   */
  public static void unpack(Path file, Path directory, DType dtype, CheckpointForm form)
      throws IOException {
    Path temporary = Files.createTempDirectory("nemotron-tokenizer");
    // The model card calls the parent what this directory is called.
    Path tokenizer = Files.createDirectory(temporary.resolve(file.getFileName().toString()));
    try {
      // First what is quick to refuse.
      writeTokenizer(file, tokenizer);
      DType held = ModelWriter.held(dtype);
      try (HeterogeneousModel model = ModelReader.read(file, held, Device.CPU)) {
        ModelWriter.write(model, directory, dtype, tokenizer, form, ModelWriter.MAX_FILE_BYTES);
      }
    } finally {
      MoreFiles.deleteRecursively(temporary, RecursiveDeleteOption.ALLOW_INSECURE);
    }
  }

  /**
   * Returns the files beside {@code file} that are read with it, where gguf-split wrote a model as
   * several; none for a model of one file.
   *
   * @throws CheckpointFormatException if a file is missing or damaged, or {@code file} is a later
   *     part
   */
  public static ImmutableList<Path> furtherParts(Path file) throws IOException {
    try (GgufFile open = GgufFile.open(file)) {
      ImmutableList<Path> parts = open.paths();
      return parts.subList(1, parts.size());
    }
  }

  /** Writes the tokenizer of {@code file} to {@code directory}, which exists. */
  static void writeTokenizer(Path file, Path directory) throws IOException {
    try (GgufFile open = GgufFile.open(file)) {
      GgufKeys keys = GgufKeys.of(open);
      Files.writeString(
          directory.resolve("tokenizer.json"), GgufTokenizers.toJson(keys).toString());
      Files.writeString(
          directory.resolve("tokenizer_config.json"),
          GgufTokenizers.toConfig(keys).toPrettyString());
    }
  }
}
