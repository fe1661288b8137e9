package org.nemotron.core.backend.cpu;

import org.nemotron.core.backend.cpu.ThreadTeam.Worker;
import org.nemotron.core.nn.LinearSubBlock;

/** {@link LinearSubBlock} in steps. */
final class CpuLinearSubBlock implements CpuSubBlock {
  private final CpuRmsNorm norm;
  private final ColumnParallelLinear weight;

  private CpuLinearSubBlock(CpuRmsNorm norm, ColumnParallelLinear weight) {
    this.norm = norm;
    this.weight = weight;
  }

  static CpuLinearSubBlock ofAttention(CpuLayerWeights weights) {
    return new CpuLinearSubBlock(
        weights.norm("input_layernorm.weight"), weights.linear("self_attn.linear_attn.weight"));
  }

  static CpuLinearSubBlock ofFfn(CpuLayerWeights weights) {
    return new CpuLinearSubBlock(
        weights.norm("post_attention_layernorm.weight"), weights.linear("mlp.linear_mlp.weight"));
  }

  @Override
  public void run(CpuStep step, int layer, Worker worker) {
    CpuWorkspace space = step.space();
    int rows = step.rows().rows();
    ThreadWorkspace own = space.of(worker);
    NormalizedRows input = space.normalizedFirst(norm, rows, worker);
    worker.each(
        weight.chunks(),
        chunk -> weight.multiply(chunk, own, input.get(), rows),
        chunk -> space.add(own, rows, weight, chunk));
  }

  @Override
  public long weightBytes() {
    return weight.bytes();
  }

  @Override
  public int innerWidth() {
    return 0;
  }

  @Override
  public int widestProduct() {
    return weight.widest();
  }

  @Override
  public void close() {
    weight.close();
  }
}
