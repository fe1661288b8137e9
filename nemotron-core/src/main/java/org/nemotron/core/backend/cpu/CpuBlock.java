package org.nemotron.core.backend.cpu;

import org.nemotron.core.backend.cpu.ThreadTeam.Worker;
import org.nemotron.core.backend.parallel.RankShare;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.tensor.Resources;

/** One layer made ready for steps: attention, then the feed-forward network. */
final class CpuBlock implements AutoCloseable {
  private final CpuSubBlock attention;
  private final CpuSubBlock ffn;
  private final boolean sumsAttention;
  private final boolean sumsFfn;
  private final Resources parts;

  CpuBlock(RankShare share, CpuLayerWeights weights, RotaryCache rotary) {
    int layer = weights.layer();
    BlockSpec own = share.block(layer);
    this.sumsAttention = share.sumsAttention(layer);
    this.sumsFfn = share.sumsFfn(layer);
    try (Resources made = new Resources()) {
      this.attention =
          made.add(
              CpuSubBlock.attention(own.attention(), share, weights, rotary), CpuSubBlock::close);
      this.ffn = made.add(CpuSubBlock.ffn(own.ffn(), share, weights), CpuSubBlock::close);
      this.parts = made.complete();
    }
  }

  /**
   * Does this thread's share of the layer; all threads call it, and all rows are done when it
   * returns.
   *
   * @param layer whose keys and values are read
   */
  void run(CpuStep step, int layer, Worker worker) {
    runAttention(step, layer, worker);
    runFfn(step, layer, worker);
  }

  private void runAttention(CpuStep step, int layer, Worker worker) {
    attention.run(step, layer, worker);
    if (sumsAttention) {
      step.space().addRanks("the sum behind attention", step.rows().rows(), worker);
    }
  }

  private void runFfn(CpuStep step, int layer, Worker worker) {
    ffn.run(step, layer, worker);
    if (sumsFfn) {
      step.space().addRanks("the sum behind the FFN", step.rows().rows(), worker);
    }
  }

  /**
   * Does the last layer, after whose attention only the wanted rows are of use; by a thread alone.
   *
   * @return those rows, of which the stream is made now
   */
  CpuStep runForWanted(CpuStep step, int layer, Worker worker) {
    runAttention(step, layer, worker);
    CpuStep wanted = step.keepWanted();
    runFfn(wanted, layer, worker);
    return wanted;
  }

  /** Returns the memory that the weights take, in bytes. */
  long weightBytes() {
    return attention.weightBytes() + ffn.weightBytes();
  }

  /** Returns the widest input of a second product; 0 where there is none. */
  int innerWidth() {
    return Math.max(attention.innerWidth(), ffn.innerWidth());
  }

  /** Returns how many outputs the widest product of a thread has. */
  int widestProduct() {
    return Math.max(attention.widestProduct(), ffn.widestProduct());
  }

  @Override
  public void close() {
    parts.close();
  }
}
