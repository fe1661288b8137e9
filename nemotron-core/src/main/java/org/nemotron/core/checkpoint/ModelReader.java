package org.nemotron.core.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.format.StoredWeights;
import org.nemotron.core.checkpoint.gguf.GgufFile;
import org.nemotron.core.checkpoint.gguf.GgufModel;
import org.nemotron.core.checkpoint.huggingface.CheckedWeights;
import org.nemotron.core.checkpoint.huggingface.CheckpointDirectory;
import org.nemotron.core.checkpoint.huggingface.ModelConfig;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;

/**
 * Reads a model from a Hugging Face directory (Llama, Mistral, Qwen2, Qwen3, nemotron-nas or
 * AnyModel) or from a GGUF file.
 */
public final class ModelReader {
  private ModelReader() {}

  /**
   * Returns the model at {@code path} on the CPU in float32, whatever type its file has; the caller
   * closes it.
   *
   * <p>Float32 holds the weights of bfloat16 and float16 files exactly, and is what training on the
   * CPU is done in. Serving does not need this: {@code TextGenerator} packs weights in a format of
   * its own.
   *
   * @param path a Hugging Face directory, or a GGUF file
   * @throws CheckpointFormatException as {@link #read(Path, DType, Device)} does
   */
  public static HeterogeneousModel read(Path path) throws IOException {
    return read(path, DType.FLOAT32, Device.CPU);
  }

  /**
   * Returns the model at {@code path}, which the caller closes.
   *
   * <p>The files are mapped, and converted tensor by tensor where {@code dtype} is not theirs. The
   * model outlives them: they may be replaced or deleted, but not changed in place.
   *
   * @param path a Hugging Face directory, or a GGUF file
   * @param dtype element type to compute in; real
   * @throws CheckpointFormatException if a file is missing or damaged, if the architecture is not
   *     supported, or if the weights do not fit config.json or are not finite
   */
  public static HeterogeneousModel read(Path path, DType dtype, Device device) throws IOException {
    if (Files.isRegularFile(path)) {
      try (GgufFile file = GgufFile.open(path)) {
        GgufModel model = GgufModel.of(file);
        return load(model, model.config(), dtype, device);
      }
    }
    ModelConfig config = ModelConfig.read(path.resolve(CheckpointDirectory.CONFIG));
    try (CheckpointDirectory files = CheckpointDirectory.open(path)) {
      return load(files, config, dtype, device);
    }
  }

  private static HeterogeneousModel load(
      StoredWeights files, ModelConfig config, DType dtype, Device device) throws IOException {
    try (NamedTensors weights =
        new WeightLoader(new CheckedWeights(files, config), dtype, device).load()) {
      return HeterogeneousModel.of(config.spec(), weights);
    }
  }
}
