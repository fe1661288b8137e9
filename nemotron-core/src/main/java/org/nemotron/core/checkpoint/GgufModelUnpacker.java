package org.nemotron.core.checkpoint;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
   * Writes the model in {@code file} to {@code directory}, which appears whole or not at all.
   *
   * @param dtype element type of the directory's weights
   * @throws IOException if the file is missing, damaged, or its model or tokenizer is not
   *     supported, or if the directory cannot be written
   */
  public static void unpack(Path file, Path directory, DType dtype) throws IOException {
    Path temporary = Files.createTempDirectory("nemotron-tokenizer");
    // The model card calls the parent what this directory is called.
    Path tokenizer = Files.createDirectory(temporary.resolve(file.getFileName().toString()));
    try (HeterogeneousModel model = ModelReader.read(file, dtype, Device.CPU)) {
      writeTokenizer(file, tokenizer);
      ModelWriter.write(model, directory, dtype, tokenizer);
    } finally {
      MoreFiles.deleteRecursively(temporary, RecursiveDeleteOption.ALLOW_INSECURE);
    }
  }

  /** Writes the tokenizer of {@code file} to {@code directory}, which exists. */
  static void writeTokenizer(Path file, Path directory) throws IOException {
    try (GgufFile open = GgufFile.open(file)) {
      GgufKeys keys = new GgufKeys(file.toString(), open.values());
      Files.writeString(
          directory.resolve("tokenizer.json"), GgufTokenizers.toJson(keys).toString());
      Files.writeString(
          directory.resolve("tokenizer_config.json"),
          GgufTokenizers.toConfig(keys).toPrettyString());
    }
  }
}
