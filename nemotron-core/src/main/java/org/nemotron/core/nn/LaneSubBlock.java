package org.nemotron.core.nn;

import org.nemotron.core.tensor.Lanes.Lane;
import org.nemotron.core.tensor.WeightFormat;

/** A {@link SubBlock} made ready for steps: adds to the residual stream of all rows. */
sealed interface LaneSubBlock extends AutoCloseable
    permits LaneAttention, LaneFfn, LaneLinear, LaneSubBlock.Nothing {
  /**
   * Does this lane's share of the sub-block; all lanes call it, and all rows are done when it
   * returns.
   *
   * @param layer whose keys and values are read
   */
  void run(Step step, int layer, Lane lane);

  /** Returns the memory that the weights take, in bytes. */
  long weightBytes();

  /** Returns the widest input of the second product; 0 where there is none. */
  int innerWidth();

  /** Returns how many outputs the widest product of a lane has. */
  int widestProduct();

  @Override
  void close();

  /** Packs the weights of {@code subBlock}. */
  static LaneSubBlock of(
      SubBlock subBlock, RotaryTable rotary, double eps, int lanes, WeightFormat format) {
    if (subBlock instanceof GroupedQueryAttention attention) {
      return new LaneAttention(attention, rotary, eps, lanes, format);
    }
    if (subBlock instanceof GatedFfn ffn) {
      return new LaneFfn(ffn, eps, lanes, format);
    }
    if (subBlock instanceof LinearReplacement linear) {
      return new LaneLinear(linear, eps, lanes, format);
    }
    return new Nothing((PassThrough) subBlock);
  }

  /** The stream passes through. */
  record Nothing(PassThrough of) implements LaneSubBlock {
    @Override
    public void run(Step step, int layer, Lane lane) {}

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
