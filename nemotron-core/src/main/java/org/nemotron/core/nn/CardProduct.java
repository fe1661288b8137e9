package org.nemotron.core.nn;

import com.google.common.collect.Lists;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Parts;
import org.nemotron.core.tensor.Tensors;

/** A weight matrix on a card, {@code [N, K]} in bfloat16: {@code out = in W^T}. */
final class CardProduct implements AutoCloseable {
  private final CardTensor weightNK;
  private final Tensor transposedKN;
  private final int outputs;
  private final int inputs;
  private final Parts parts;

  private CardProduct(CardTensor weightNK) {
    try (Parts made = new Parts();
        NativeScope scope = NativeScope.open()) {
      this.weightNK = made.add(weightNK, CardTensor::close);
      this.transposedKN = made.add(NativeScope.keep(weightNK.tensor().t()), NativeScope::release);
      this.parts = made.complete();
    }
    this.outputs = Math.toIntExact(weightNK.tensor().size(0));
    this.inputs = Math.toIntExact(weightNK.tensor().size(1));
  }

  /** Takes a share in {@code weightNK}, or a copy where it is elsewhere or of another type. */
  static CardProduct of(Tensor weightNK, Device device) {
    try (NativeScope scope = NativeScope.open()) {
      return new CardProduct(CardTensor.of(moved(weightNK, device)));
    }
  }

  /** Returns one matrix that has the rows of all {@code weightsNK}, one matrix below the other. */
  static CardProduct joined(List<Tensor> weightsNK, Device device) {
    try (NativeScope scope = NativeScope.open()) {
      return new CardProduct(
          CardTensor.of(
              Tensors.joined(Lists.transform(weightsNK, weight -> moved(weight, device)))));
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

  long bytes() {
    return weightNK.bytes();
  }

  /** {@code out[R, N] = in[R, K] W^T}. */
  void multiply(Tensor inRK, Tensor outRN) {
    Tensor unused = torch.mm_out(outRN, inRK, transposedKN);
  }

  /** {@code out[R, N] = in[R, K] W^T}, in float32. */
  void multiplyToFloat(Tensor inRK, Tensor outRN) {
    Tensor unused = torch.mm_out(outRN, inRK, transposedKN, DType.FLOAT32.scalarType());
  }

  @Override
  public void close() {
    parts.close();
  }
}
