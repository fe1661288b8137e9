package org.nemotron.core.backend.cuda;

import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.GatedFfn;
import org.nemotron.core.nn.GroupedQueryAttention;
import org.nemotron.core.nn.LinearSubBlock;
import org.nemotron.core.nn.NoOp;
import org.nemotron.core.nn.SubBlock;
import org.nemotron.core.tensor.Device;

/** A {@link SubBlock} made ready for steps on a GPU: adds to the residual stream of all rows. */
sealed interface CudaSubBlock extends AutoCloseable
    permits CudaAttention, CudaFfn, CudaLinearSubBlock, CudaSubBlock.Nothing {
  /**
   * Puts the sub-block's work into the step's stream.
   *
   * @param layer whose keys and values are read
   */
  void run(CudaStep step, int layer);

  /** Lists the same work for a step of few rows. */
  void list(WorkList parts, CudaKvCache.Layer memory);

  /** Returns bit g, if attention's blocks serve g query heads in a step of few rows; or 0. */
  default int groups() {
    return 0;
  }

  /** Returns the memory that the matrices take, in bytes. */
  long weightBytes();

  /** Returns the widest first product; 0 where there is none. */
  int joinedWidth();

  /** Returns the widest input of the second product; 0 where there is none. */
  int innerWidth();

  @Override
  void close();

  /** Packs the weights of {@code subBlock}. */
  static CudaSubBlock of(
      SubBlock subBlock, CudaRotaryCache rotary, double eps, Device device, WeightFormat format) {
    if (subBlock instanceof GroupedQueryAttention attention) {
      return new CudaAttention(attention, rotary, eps, device, format);
    }
    if (subBlock instanceof GatedFfn ffn) {
      return new CudaFfn(ffn, eps, device, format);
    }
    if (subBlock instanceof LinearSubBlock linear) {
      return new CudaLinearSubBlock(linear, eps, device, format);
    }
    return new Nothing((NoOp) subBlock);
  }

  /** The stream passes through. */
  record Nothing(NoOp of) implements CudaSubBlock {
    @Override
    public void run(CudaStep step, int layer) {}

    @Override
    public void list(WorkList parts, CudaKvCache.Layer memory) {}

    @Override
    public long weightBytes() {
      return 0;
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
    public void close() {}
  }
}
