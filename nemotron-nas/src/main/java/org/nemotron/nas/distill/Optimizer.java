package org.nemotron.nas.distill;

import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NamedTensors;

/** AdamW over the tensors of one holder, with clipping and a schedule. */
interface Optimizer extends AutoCloseable {
  /**
   * Returns an optimizer that keeps its moments in one form.
   *
   * @param tensors require gradients, and stay open
   */
  static Optimizer of(
      NamedTensors tensors, OptimizerSettings settings, int steps, OptimizerStates states) {
    return switch (states) {
      case FLOAT32 -> of(tensors, settings, steps);
      case EIGHT_BIT -> new EightBitAdamW(tensors, settings, steps);
      case FLOAT32_IN_HOST_MEMORY -> new HostMemoryAdamW(tensors, settings, steps);
    };
  }

  /**
   * Returns an optimizer that suits the tensors: LibTorch's own for float32, one with float32
   * copies of the tensors for others.
   *
   * @param tensors require gradients, and stay open
   */
  static Optimizer of(NamedTensors tensors, OptimizerSettings settings, int steps) {
    boolean single =
        tensors.asMap().values().stream().allMatch(tensor -> DType.of(tensor) == DType.FLOAT32);
    return single
        ? new Float32AdamW(tensors, settings, steps)
        : new MixedPrecisionAdamW(tensors, settings, steps);
  }

  /**
   * Updates the tensors by their gradients and clears these.
   *
   * @param step from 0
   * @return the norm of the gradients before clipping; not finite if one of them is not, and then
   *     nothing has changed
   */
  double step(int step);

  /** Writes the moments and step counts to {@code file}. */
  void save(Path file) throws IOException;

  /** Restores the state that {@link #save} wrote. */
  void load(Path file) throws IOException;

  @Override
  void close();
}
