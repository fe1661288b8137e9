package org.nemotron.core.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;

/**
 * Reads a model from a Hugging Face directory: Llama 2, 3, 3.1 or 3.2, or nemotron-nas (DeciLM), as
 * {@link ModelWriter} writes it.
 */
public final class ModelReader {
  private ModelReader() {}

  /**
   * Returns the model in {@code directory}, which the caller closes.
   *
   * <p>The files are mapped and converted tensor by tensor; the model does not depend on them
   * afterwards.
   *
   * @param dtype element type to compute in; real
   * @throws CheckpointFormatException if a file is missing or damaged, if the architecture is not
   *     supported, or if the weights do not fit config.json or are not finite
   */
  public static HeterogeneousModel read(Path directory, DType dtype, Device device)
      throws IOException {
    ModelConfig config = ModelConfig.read(directory.resolve(CheckpointDirectory.CONFIG));
    try (CheckpointDirectory files = CheckpointDirectory.open(directory);
        NamedTensors weights =
            new WeightLoader(new CheckedWeights(files, config), dtype, device).load()) {
      return HeterogeneousModel.of(config.spec(), weights);
    }
  }
}
