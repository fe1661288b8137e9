package org.nemotron.core.backend.cpu;

import org.nemotron.core.backend.cpu.ThreadTeam.Worker;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.GatedFfn;
import org.nemotron.core.nn.GroupedQueryAttention;
import org.nemotron.core.nn.LinearSubBlock;
import org.nemotron.core.nn.NoOp;
import org.nemotron.core.nn.SubBlock;

/** A {@link SubBlock} made ready for steps: adds to the residual stream of all rows. */
sealed interface CpuSubBlock extends AutoCloseable
    permits CpuAttention, CpuFfn, CpuLinearSubBlock, CpuSubBlock.Nothing {
  /**
   * Does this thread's share of the sub-block; all threads call it, and all rows are done when it
   * returns.
   *
   * @param layer whose keys and values are read
   */
  void run(CpuStep step, int layer, Worker worker);

  /** Returns the memory that the weights take, in bytes. */
  long weightBytes();

  /** Returns the widest input of the second product; 0 where there is none. */
  int innerWidth();

  /** Returns how many outputs the widest product of a thread has. */
  int widestProduct();

  @Override
  void close();

  /** Packs the weights of {@code subBlock}. */
  static CpuSubBlock of(
      SubBlock subBlock, RotaryCache rotary, double eps, int team, WeightFormat format) {
    if (subBlock instanceof GroupedQueryAttention attention) {
      return new CpuAttention(attention, rotary, eps, team, format);
    }
    if (subBlock instanceof GatedFfn ffn) {
      return new CpuFfn(ffn, eps, team, format);
    }
    if (subBlock instanceof LinearSubBlock linear) {
      return new CpuLinearSubBlock(linear, eps, team, format);
    }
    return new Nothing((NoOp) subBlock);
  }

  /** The stream passes through. */
  record Nothing(NoOp of) implements CpuSubBlock {
    @Override
    public void run(CpuStep step, int layer, Worker worker) {}

    @Override
    public long weightBytes() {
      return 0;
    }

    @Override
    public int innerWidth() {
      return 0;
    }

    @Override
    public int widestProduct() {
      return 0;
    }

    @Override
    public void close() {}
  }
}
