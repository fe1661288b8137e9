package org.nemotron.core.backend.cuda;

import java.util.Optional;
import org.nemotron.core.nn.LinearSubBlock;
import org.nemotron.core.parallel.IndexRange;
import org.nemotron.core.tensor.Resources;

/** {@link LinearSubBlock} in steps on a GPU. */
final class CudaLinearSubBlock implements CudaSubBlock {
  private final CudaRmsNorm norm;
  private final PackedLinear weight;
  private final IndexRange inputs;
  private final Resources parts;

  private CudaLinearSubBlock(
      IndexRange inputs, CudaLayerWeights weights, String norm, String weight) {
    this.inputs = inputs;
    try (Resources made = new Resources()) {
      this.norm = made.add(weights.norm(norm), CudaRmsNorm::close);
      this.weight = made.add(weights.linear(weight), PackedLinear::close);
      this.parts = made.complete();
    }
  }

  static CudaLinearSubBlock ofAttention(IndexRange inputs, CudaLayerWeights weights) {
    return new CudaLinearSubBlock(
        inputs, weights, "input_layernorm.weight", "self_attn.linear_attn.weight");
  }

  static CudaLinearSubBlock ofFfn(IndexRange inputs, CudaLayerWeights weights) {
    return new CudaLinearSubBlock(
        inputs, weights, "post_attention_layernorm.weight", "mlp.linear_mlp.weight");
  }

  @Override
  public void run(CudaStep step, int layer) {
    step.add(weight, step.normalized(norm, weight, inputs), Optional.empty());
  }

  @Override
  public void list(WorkList parts, CudaKvCache.Layer memory) {
    parts.linear(norm, weight, Math.toIntExact(inputs.begin()));
  }

  @Override
  public long weightBytes() {
    return weight.bytes();
  }

  @Override
  public int joinedWidth() {
    return 0;
  }

  @Override
  public int innerWidth() {
    return 0;
  }

  @Override
  public void close() {
    parts.close();
  }
}
