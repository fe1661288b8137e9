package org.nemotron.core.backend.cpu;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.backend.cpu.ThreadTeam.Worker;
import org.nemotron.core.nn.GatedFfn;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.Resources;

/** {@link GatedFfn} in steps: gate and up are one product, a chunk has its channels of both. */
final class CpuFfn implements CpuSubBlock {
  private final CpuRmsNorm norm;
  private final ColumnParallelLinear gateAndUp;
  private final ColumnParallelLinear down;
  private final int channels;
  private final Resources parts;

  CpuFfn(FfnSpec.Gated spec, CpuLayerWeights weights) {
    this.norm = weights.norm("post_attention_layernorm.weight");
    this.channels = spec.channels();
    try (Resources made = new Resources()) {
      this.gateAndUp =
          made.add(
              weights.alike(ImmutableList.of("mlp.gate_proj.weight", "mlp.up_proj.weight")),
              ColumnParallelLinear::close);
      this.down = made.add(weights.linear("mlp.down_proj.weight"), ColumnParallelLinear::close);
      this.parts = made.complete();
    }
  }

  @Override
  public void run(CpuStep step, int layer, Worker worker) {
    CpuWorkspace space = step.space();
    ThreadWorkspace own = space.of(worker);
    int rows = step.rows().rows();
    NormalizedRows input = space.normalized(norm, rows, worker);
    worker.each(
        gateAndUp.chunks(),
        chunk -> gateAndUp.multiply(chunk, own, input.get(), rows),
        chunk -> activate(space, own, rows, chunk));
    space.addProduct(down, rows, worker);
  }

  private void activate(CpuWorkspace space, ThreadWorkspace own, int rows, int chunk) {
    int share = gateAndUp.share(chunk);
    int stride = gateAndUp.stride(chunk);
    NativeFloats products = own.products();
    float[] row = own.row(2 * share);
    for (int r = 0; r < rows; r++) {
      products.read((long) r * stride, row, 0, 2 * share);
      float[] exps = own.exps().ofNegated(row, share);
      for (int i = 0; i < share; i++) {
        row[i] = row[i] / (1f + exps[i]);
      }
      for (int i = 0; i < share; i++) {
        row[i] *= row[share + i];
      }
      space.inner().write((long) r * channels + gateAndUp.start(chunk), row, 0, share);
    }
  }

  @Override
  public long weightBytes() {
    return gateAndUp.bytes() + down.bytes();
  }

  @Override
  public int innerWidth() {
    return channels;
  }

  @Override
  public int widestProduct() {
    return Math.max(gateAndUp.widest(), down.widest());
  }

  @Override
  public void close() {
    parts.close();
  }
}
