package org.nemotron.core.backend.cuda;

import com.google.common.collect.Lists;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
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
  /** The largest e4m3. */
  static final double MOST_EIGHT = 448;

  /** Rows of zeros have a scale too. */
  private static final double LEAST_SCALE = 1e-12;

  private final CudaTensor weightNK;
  private final Optional<CudaTensor> scalesN;
  private final Tensor transposedKN;
  private final int outputs;
  private final int inputs;
  private final Resources parts;

  private PackedLinear(Tensor weight, WeightFormat format) {
    try (Resources made = new Resources();
        NativeScope scope = NativeScope.open()) {
      if (format == WeightFormat.FLOAT8_E4M3) {
        Tensor wide = weight.to(ScalarType.Float);
        Tensor largest = wide.abs().amax(new long[] {1}, true);
        Tensor scale = largest.div(new Scalar(MOST_EIGHT)).clamp_min(new Scalar(LEAST_SCALE));
        this.weightNK =
            made.add(
                CudaTensor.of(wide.div(scale).to(ScalarType.Float8_e4m3fn)), CudaTensor::close);
        this.scalesN = Optional.of(made.add(CudaTensor.of(scale.view(1, -1)), CudaTensor::close));
      } else {
        this.weightNK = made.add(CudaTensor.of(weight), CudaTensor::close);
        this.scalesN = Optional.empty();
      }
      this.transposedKN = made.add(NativeScope.keep(weightNK.tensor().t()), NativeScope::release);
      this.parts = made.complete();
    }
    this.outputs = Math.toIntExact(weightNK.tensor().size(0));
    this.inputs = Math.toIntExact(weightNK.tensor().size(1));
  }

  /** Takes a share in {@code weightNK}, or a copy where it is elsewhere or of another type. */
  static PackedLinear of(Tensor weightNK, Device device, WeightFormat format) {
    try (NativeScope scope = NativeScope.open()) {
      return new PackedLinear(moved(weightNK, device), format);
    }
  }

  /** Returns one matrix that has the rows of all {@code weightsNK}, one matrix below the other. */
  static PackedLinear joined(List<Tensor> weightsNK, Device device, WeightFormat format) {
    try (NativeScope scope = NativeScope.open()) {
      return new PackedLinear(
          Tensors.joined(Lists.transform(weightsNK, weight -> moved(weight, device))), format);
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

  @Override
  public void close() {
    parts.close();
  }
}
