package org.nemotron.core.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.gguf.GgufFile;
import org.nemotron.core.checkpoint.gguf.GgufModel;
import org.nemotron.core.checkpoint.huggingface.CheckpointDirectory;
import org.nemotron.core.checkpoint.huggingface.ModelConfig;
import org.nemotron.core.spec.ModelSpec;

/** Reads what a checkpoint's model looks like, without its weights. */
public final class ModelSpecReader {
  private ModelSpecReader() {}

  /**
   * Returns the model that the config.json of a directory, or a GGUF file, describes.
   *
   * @throws CheckpointFormatException if it is missing or damaged, or describes a model that this
   *     library does not have
   */
  public static ModelSpec read(Path path) throws IOException {
    if (Files.isRegularFile(path)) {
      try (GgufFile file = GgufFile.open(path)) {
        return GgufModel.of(file).config().spec();
      }
    }
    return ModelConfig.read(path.resolve(CheckpointDirectory.CONFIG)).spec();
  }
}
