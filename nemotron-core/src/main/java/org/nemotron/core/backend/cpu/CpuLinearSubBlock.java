package org.nemotron.core.backend.cpu;

import org.nemotron.core.backend.cpu.ThreadTeam.Worker;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.LinearSubBlock;

/** {@link LinearSubBlock} in steps. */
final class CpuLinearSubBlock implements CpuSubBlock {
  private final CpuRmsNorm norm;
  private final ColumnParallelLinear weight;

  CpuLinearSubBlock(LinearSubBlock linear, double eps, int team, WeightFormat format) {
    this.norm = new CpuRmsNorm(linear.normWeightD(), eps);
    this.weight = ColumnParallelLinear.of(linear.weightDD(), 16, team, format);
  }

  @Override
  public void run(CpuStep step, int layer, Worker worker) {
    CpuWorkspace space = step.space();
    int rows = step.rows().rows();
    space.normalize(norm, rows, worker);
    worker.await();
    weight.multiply(space.of(worker), space.normalized(), rows);
    space.add(worker, rows, weight);
    worker.await();
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
