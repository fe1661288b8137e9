package org.nemotron.core.backend.cuda;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * A weight matrix on a GPU, {@code [N, K]} in bfloat16, or in e4m3 with a scale for each row:
 * {@code out = in W^T}.
 */
final class PackedLinear implements AutoCloseable {
  private final CudaTensor weightNK;
  private final Optional<CudaTensor> scalesN;
  private final Tensor transposedKN;
  private final int outputs;
  private final int inputs;
  private final Resources parts;

  private PackedLinear(Tensor weight, Optional<Tensor> scales) {
    try (Resources made = new Resources();
        NativeScope scope = NativeScope.open()) {
      this.weightNK = made.add(CudaTensor.of(weight), CudaTensor::close);
      this.scalesN = scales.map(scale -> made.add(CudaTensor.of(scale), CudaTensor::close));
      this.transposedKN = made.add(NativeScope.keep(weightNK.tensor().t()), NativeScope::release);
      this.parts = made.complete();
    }
    this.outputs = Math.toIntExact(weightNK.tensor().size(0));
    this.inputs = Math.toIntExact(weightNK.tensor().size(1));
  }

  /** Takes a share in {@code weightNK}, or a copy where it is elsewhere or of another type. */
  static PackedLinear of(Tensor weightNK, Device device, WeightFormat format) {
    return joined(ImmutableList.of(() -> weightNK), device, format);
  }

  /**
   * Returns one matrix that has the rows of all {@code weightsNK}, one matrix below the other.
   *
   * @param weightsNK each is asked for once
   */
  static PackedLinear joined(
      ImmutableList<Supplier<Tensor>> weightsNK, Device device, WeightFormat format) {
    try (NativeScope scope = NativeScope.open()) {
      if (format == WeightFormat.FLOAT8_E4M3) {
        EightBits eight = EightBits.of(weightsNK, device);
        return new PackedLinear(eight.weightNK(), Optional.of(eight.scales1N()));
      }
      ImmutableList<Tensor> moved =
          weightsNK.stream()
              .map(weight -> moved(weight.get(), device))
              .collect(ImmutableList.toImmutableList());
      return new PackedLinear(
          moved.size() == 1 ? moved.get(0) : Tensors.joined(moved), Optional.empty());
    }
  }

  private static Tensor moved(Tensor weight, Device device) {
    return Tensors.move(weight.detach(), device, DType.BFLOAT16);
  }

  int outputs() {
    return outputs;
  }

  int inputs() {
    return inputs;
  }

  long address() {
    return weightNK.address();
  }

  /** Returns where the scales of e4m3 weights are, or 0. */
  long scales() {
    return scalesN.map(CudaTensor::address).orElse(0L);
  }

  long bytes() {
    return weightNK.bytes() + scalesN.map(CudaTensor::bytes).orElse(0L);
  }

  /** {@code out[R, N] = in[R, K] W^T}, all bfloat16. */
  void multiply(Tensor inRK, Tensor outRN) {
    Tensor unused = torch.mm_out(outRN, inRK, transposedKN);
  }

  /** {@code out[R, N] = in[R, K] W^T}, in float32. */
  void multiplyToFloat(Tensor inRK, Tensor outRN) {
    Tensor unused = torch.mm_out(outRN, inRK, transposedKN, DType.FLOAT32.scalarType());
  }

  /**
   * {@code out[R, N] = in[R, K] W^T} of e4m3 and e4m3.
   *
   * @param inRK e4m3
   * @param scalesR of its rows, {@code [R, 1]}
   * @param outRN bfloat16
   */
  void multiplyFp8(Tensor inRK, Tensor scalesR, Tensor outRN) {
    Float8Matmul.multiply(inRK, transposedKN, scalesR, scalesN.orElseThrow().tensor(), outRN);
  }

  /**
   * The same without the scales: of rows, by which the result is to be multiplied, and of columns,
   * which are at {@link #scales}.
   *
   * @param one 1 in float32, on the GPU
   */
  void multiplyUnscaled(Tensor inRK, Tensor one, Tensor outRN) {
    Float8Matmul.multiply(inRK, transposedKN, one, one, outRN);
  }

  /** As {@link #multiplyUnscaled}, in float32. */
  void multiplyUnscaledToFloat(Tensor inRK, Tensor one, Tensor outRN) {
    Float8Matmul.multiplyToFloat(inRK, transposedKN, one, one, outRN);
  }

  @Override
  public void close() {
    parts.close();
  }
}
