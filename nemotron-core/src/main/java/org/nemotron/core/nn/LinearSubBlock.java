package org.nemotron.core.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.NamedTensors;

/** A sub-block replaced by one linear layer: {@code x + W norm(x)}. */
public final class LinearSubBlock implements SubBlock {
  private final NamedTensors tensors;
  private final Tensor normWeightD;
  private final RmsNorm norm;
  private final Tensor weightDD;

  private LinearSubBlock(NamedTensors tensors, String norm, String weight, double eps) {
    this.tensors = tensors;
    this.normWeightD = tensors.get(norm);
    this.norm = new RmsNorm(normWeightD, eps);
    this.weightDD = tensors.get(weight);
  }

  static LinearSubBlock ofAttention(NamedTensors tensors, double eps) {
    return new LinearSubBlock(
        tensors, "input_layernorm.weight", "self_attn.linear_attn.weight", eps);
  }

  static LinearSubBlock ofFfn(NamedTensors tensors, double eps) {
    return new LinearSubBlock(
        tensors, "post_attention_layernorm.weight", "mlp.linear_mlp.weight", eps);
  }

  @Override
  public Tensor forward(Tensor hiddenBTD) {
    tensors.checkOpen();
    return hiddenBTD.add(torch.linear(norm.apply(hiddenBTD), weightDD));
  }

  @Override
  public NamedTensors tensors() {
    return tensors;
  }

  public Tensor normWeightD() {
    return normWeightD;
  }

  public Tensor weightDD() {
    return weightDD;
  }
}
