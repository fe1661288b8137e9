package org.nemotron.core.nn;

import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.WeightFormat;

/** A {@link SubBlock} made ready for steps on a card: adds to the residual stream of all rows. */
sealed interface CardSubBlock extends AutoCloseable
    permits CardAttention, CardFfn, CardLinear, CardSubBlock.Nothing {
  /**
   * Puts the sub-block's work into the step's stream.
   *
   * @param layer whose keys and values are read
   */
  void run(CardStep step, int layer);

  /** Lists the same work for a step of few rows. */
  void list(StepParts parts, CardMemory.Layer memory);

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
  static CardSubBlock of(
      SubBlock subBlock, CardTurns turns, double eps, Device device, WeightFormat format) {
    if (subBlock instanceof GroupedQueryAttention attention) {
      return new CardAttention(attention, turns, eps, device, format);
    }
    if (subBlock instanceof GatedFfn ffn) {
      return new CardFfn(ffn, eps, device, format);
    }
    if (subBlock instanceof LinearReplacement linear) {
      return new CardLinear(linear, eps, device, format);
    }
    return new Nothing((PassThrough) subBlock);
  }

  /** The stream passes through. */
  record Nothing(PassThrough of) implements CardSubBlock {
    @Override
    public void run(CardStep step, int layer) {}

    @Override
    public void list(StepParts parts, CardMemory.Layer memory) {}

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
