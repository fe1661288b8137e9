package org.nemotron.core.backend.cpu;

import org.nemotron.core.backend.cpu.ThreadTeam.Worker;
import org.nemotron.core.backend.parallel.RankShare;
import org.nemotron.core.nn.LinearSubBlock;

/** {@link LinearSubBlock} in steps. */
final class CpuLinearSubBlock implements CpuSubBlock {
  private final CpuRmsNorm norm;
  private final ColumnParallelLinear weight;
  private final RankShare share;

  private CpuLinearSubBlock(RankShare share, CpuRmsNorm norm, ColumnParallelLinear weight) {
    this.share = share;
    this.norm = norm;
    this.weight = weight;
  }

  static CpuLinearSubBlock ofAttention(RankShare share, CpuLayerWeights weights) {
    return new CpuLinearSubBlock(
        share,
        weights.norm("input_layernorm.weight"),
        weights.linear("self_attn.linear_attn.weight"));
  }

  static CpuLinearSubBlock ofFfn(RankShare share, CpuLayerWeights weights) {
    return new CpuLinearSubBlock(
        share,
        weights.norm("post_attention_layernorm.weight"),
        weights.linear("mlp.linear_mlp.weight"));
  }

  @Override
  public void run(CpuStep step, int layer, Worker worker) {
    CpuWorkspace space = step.space();
    int rows = step.rows().rows();
    ThreadWorkspace own = space.of(worker);
    NormalizedRows input = space.normalizedFirst(norm, share.inputs(), rows, worker);
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
    return share.isDivided() ? Math.toIntExact(share.inputs().size()) : 0;
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
