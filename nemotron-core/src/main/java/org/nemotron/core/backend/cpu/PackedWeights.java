package org.nemotron.core.backend.cpu;

import static com.google.common.base.Preconditions.checkState;

import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * A weight matrix {@code [N, K]} made ready for products on one core: {@code out = in W^T}.
 *
 * <p>Safe for use by several threads. Any thread may close it; closing twice is harmless, a product
 * after close is refused.
 */
public final class PackedWeights implements AutoCloseable {
  /** Under this many rows one product per row is faster than one for all. */
  private static final int FEW_ROWS = 12;

  private final WeightFormat format;
  private final int outputs;
  private final int inputs;
  private final Tensor packed;
  private boolean closed;

  private PackedWeights(WeightFormat format, int outputs, int inputs, Tensor packed) {
    this.format = format;
    this.outputs = outputs;
    this.inputs = inputs;
    this.packed = NativeScope.keep(packed);
  }

  /**
   * Packs {@code weightNK}. What half precision loses of it is the caller's to ask of {@link
   * org.nemotron.core.tensor.HalfPrecision}: a weight above 65,504 becomes 65,504.
   *
   * @param weightNK {@code [N, K]}, of any floating-point type; it is copied
   * @throws IllegalArgumentException if {@code format} is one for GPUs only
   */
  public static PackedWeights of(Tensor weightNK, WeightFormat format) {
    try (NativeScope scope = NativeScope.open()) {
      Tensor packed =
          switch (format) {
            case FLOAT16 -> Fp16Gemm.pack(weightNK);
            case FLOAT32 -> Tensors.cast(weightNK.detach(), DType.FLOAT32).contiguous().clone();
            case BFLOAT16 -> Tensors.cast(weightNK.detach(), DType.BFLOAT16).contiguous().clone();
            case FLOAT8_E4M3 -> throw notOnTheCpu();
          };
      return new PackedWeights(
          format, Math.toIntExact(weightNK.size(0)), Math.toIntExact(weightNK.size(1)), packed);
    }
  }

  /** Returns how many rows the areas of a product of {@code rows} rows must have room for. */
  public static int roomFor(int rows, WeightFormat format) {
    return format == WeightFormat.FLOAT16 ? Fp16Gemm.safeRows(rows) : rows;
  }

  /** Returns N, the width of the result. */
  public int outputs() {
    return outputs;
  }

  /** Returns the distance between rows of a product: N, rounded up where the format pads it. */
  public int stride() {
    return switch (format) {
      case FLOAT16 -> Fp16Gemm.paddedOutputs(outputs);
      case FLOAT32, BFLOAT16, FLOAT8_E4M3 -> outputs;
    };
  }

  /** Returns the memory that the weights take, in bytes, padding left out. */
  public long bytes() {
    return (long) outputs * inputs * format.bytes();
  }

  /**
   * {@code output[rows, N] = input[rows, K] transpose(W)}, both row by row from element 0.
   *
   * @param input room for {@link #roomFor} rows, K apart
   * @param output likewise, {@link #stride} apart; the rows beyond {@code rows} are overwritten too
   */
  public void multiply(NativeFloats input, int rows, NativeFloats output, Blas blas) {
    checkState(!closed, "these weights are closed");
    switch (format) {
      case FLOAT16 -> {
        int room = Fp16Gemm.safeRows(rows);
        Fp16Gemm.multiply(input.view(room, inputs), packed, output.view(room, stride()));
      }
      case FLOAT32 -> blas.multiplyWeights(packed, outputs, inputs, input, rows, output, FEW_ROWS);
      case BFLOAT16 -> multiplyRounded(input, rows, output);
      case FLOAT8_E4M3 -> throw notOnTheCpu();
    }
  }

  private static IllegalArgumentException notOnTheCpu() {
    return new IllegalArgumentException(
        "format (FLOAT8_E4M3) needs a GPU.\nMaybe choose FLOAT16 or BFLOAT16 on the CPU.");
  }

  private void multiplyRounded(NativeFloats input, int rows, NativeFloats output) {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard()) {
      Tensor rounded = Tensors.cast(input.view(rows, inputs), DType.BFLOAT16);
      Tensor unused = output.view(rows, outputs).copy_(torch.linear(rounded, packed));
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      NativeScope.release(packed);
    }
  }
}
