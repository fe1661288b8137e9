package org.nemotron.core.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.parallel.SlicePlan;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.Cancellation;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.HostMemory;
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
   * @throws IllegalArgumentException if native memory cannot hold the model; see {@link
   *     HostMemory#checkRoom}
   * @throws java.util.concurrent.CancellationException if this thread is interrupted
   */
  public static HeterogeneousModel read(Path path, DType dtype, Device device) throws IOException {
    try (CheckpointWeights weights = weights(path, dtype, device)) {
      if (device.equals(Device.CPU)) {
        long elements = Shapes.elements(weights.spec().tensorShapes().values());
        HostMemory.checkRoom(path + " as " + dtype, elements * dtype.bytes(), 0, "");
      }
      return read(weights);
    } catch (IOException e) {
      throw Cancellation.explaining(e);
    }
  }

  /**
   * Returns the model at {@code path} with its layers offloaded, which the caller closes:
   * embedding, final norm and head lie on {@code device} as {@code dtype}, and the layers stay in
   * their mapped files, in the type of these, until a {@link
   * org.nemotron.core.activation.LayerStreamer} brings them there. Several processes of a machine
   * share the pages of the files.
   *
   * <p>What files do not store plainly, such as weights of 8 bits and GGUF's formats, is decoded to
   * memory of this process. Every tensor is read once, and checked as by {@link #read(Path, DType,
   * Device)}.
   *
   * @param path a Hugging Face directory, or a GGUF file
   * @param dtype element type to compute in; real
   * @throws CheckpointFormatException as {@link #read(Path, DType, Device)} does
   * @throws java.util.concurrent.CancellationException if this thread is interrupted
   */
  public static HeterogeneousModel offloaded(Path path, DType dtype, Device device)
      throws IOException {
    try (CheckpointWeights weights = weights(path, dtype, device);
        NamedTensors all = weights.offloaded()) {
      return HeterogeneousModel.of(weights.spec(), all);
    } catch (IOException e) {
      throw Cancellation.explaining(e);
    }
  }

  private static HeterogeneousModel read(CheckpointWeights weights) throws IOException {
    try (NamedTensors all = weights.all()) {
      return HeterogeneousModel.of(weights.spec(), all);
    }
  }

  /**
   * Returns the weights of the model at {@code path} one by one, which the caller closes: to pack
   * them for serving without the model in memory as a whole.
   *
   * @param path a Hugging Face directory, or a GGUF file
   * @param dtype element type of what is handed out; real
   * @throws CheckpointFormatException if a file is missing or damaged, if the architecture is not
   *     supported, or if the weights do not fit config.json
   */
  public static CheckpointWeights weights(Path path, DType dtype, Device device)
      throws IOException {
    return CheckpointWeights.open(path, dtype, device, 0, 1);
  }

  /**
   * Returns the slices that one rank holds of the weights of the model at {@code path}, one by one,
   * which the caller closes.
   *
   * <p>Of safetensors files, nothing else is read: rows lie next to each other and stay mapped
   * where they need no conversion, columns are copied. A tensor of a GGUF file is read as a whole,
   * and cut.
   *
   * @param path a Hugging Face directory, or a GGUF file
   * @param dtype element type of what is handed out; real
   * @param rank whose slices
   * @param degree how many ranks there are; see {@link SlicePlan}
   * @throws CheckpointFormatException as {@link #weights} does
   */
  public static CheckpointWeights slices(
      Path path, DType dtype, Device device, int rank, int degree) throws IOException {
    return CheckpointWeights.open(path, dtype, device, rank, degree);
  }
}
