package org.nemotron.core.nn;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.NamedTensors;

/** A sub-block replaced by one linear layer: {@code x + W norm(x)}. */
public final class LinearSubBlock implements SubBlock {
  private final NamedTensors tensors;
  private final String weightName;
  private final RmsNorm norm;
  private final Linear linear;

  private LinearSubBlock(NamedTensors tensors, String norm, String linear, double eps) {
    this.tensors = tensors;
    this.weightName = linear + ".weight";
    this.norm = new RmsNorm(tensors.get(norm), eps);
    this.linear = new Linear(tensors, linear);
  }

  static LinearSubBlock ofAttention(NamedTensors tensors, double eps) {
    return new LinearSubBlock(tensors, "input_layernorm.weight", "self_attn.linear_attn", eps);
  }

  static LinearSubBlock ofFfn(NamedTensors tensors, double eps) {
    return new LinearSubBlock(tensors, "post_attention_layernorm.weight", "mlp.linear_mlp", eps);
  }

  @Override
  public Tensor forward(Tensor hiddenBTD) {
    tensors.checkOpen();
    return hiddenBTD.add(linear.apply(norm.apply(hiddenBTD)));
  }

  @Override
  public Optional<String> lastProjection() {
    return Optional.of(weightName);
  }

  @Override
  public Tensor lastInput(Tensor hiddenBTD) {
    tensors.checkOpen();
    return norm.apply(hiddenBTD);
  }

  @Override
  public NamedTensors tensors() {
    return tensors;
  }
}
