package org.nemotron.core.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.core.spec.ModelSpec;

/** Reads what a checkpoint's model looks like, without its weights. */
public final class ModelSpecReader {
  private ModelSpecReader() {}

  /**
   * Returns the model that {@code directory}'s config.json describes.
   *
   * @throws CheckpointFormatException if it is missing or damaged, or describes a model that this
   *     library does not have
   */
  public static ModelSpec read(Path directory) throws IOException {
    return ModelConfig.read(directory.resolve(CheckpointDirectory.CONFIG)).spec();
  }
}
