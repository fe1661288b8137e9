package org.nemotron.core.checkpoint.gguf;

import java.io.IOException;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.tensor.HalfPrecision;
import org.nemotron.core.tensor.NativeScope;

/**
 * Whether the weights of a tensor vanish in its type, as it is written: those of F16, and of
 * quantized types, whose scales are halves, where all weights are far below 6e-8 and more.
 */
final class GgufRange {
  /** A smaller half has less than four bits. */
  private static final double LEAST_SCALE = 0x1p-21;

  private static final int Q8_LEVELS = 127;

  private final GgufTensor tensor;
  private final HalfPrecision.Total half = new HalfPrecision.Total();
  private double largest;

  GgufRange(GgufTensor tensor) {
    this.tensor = tensor;
  }

  /** Adds rows that have been written. */
  void add(Tensor rows) {
    if (tensor.type() == GgufType.F16) {
      half.add(rows);
    } else if (tensor.type().isQuantized()) {
      try (NativeScope scope = NativeScope.open()) {
        T_TensorTensor_T extremes = rows.aminmax();
        largest = Math.max(largest, -extremes.get0().item_double());
        largest = Math.max(largest, extremes.get1().item_double());
      }
    }
  }

  /**
   * Checks the tensor once all of its rows are added.
   *
   * @throws IOException if its weights have vanished
   */
  void check() throws IOException {
    int levels = tensor.type() == GgufType.Q8_0 ? Q8_LEVELS : QuantizedBlocks.MAX_LEVEL;
    boolean small = largest > 0 && largest / levels < LEAST_SCALE;
    if (small || half.isLost()) {
      throw new IOException(
          "tensor "
              + tensor.name()
              + " holds weights that are too small for "
              + tensor.type()
              + ".\nMaybe bf16 serves: it has the range of float32.");
    }
  }
}
