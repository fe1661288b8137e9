package org.nemotron.core.nn;

import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Parts;

/** Room for what the kernels of a step hand to each other, at addresses that do not change. */
final class CardSpace implements AutoCloseable {
  // Shape letters: R = rows of a step, D = model width, L = rows of logits, V = vocabulary.

  /** Blocks of attention, so that they fill a card a few times: more are not made by splitting. */
  static final int SPLIT_BLOCKS = 528;

  /** Query heads of a block of attention. */
  static final int MOST_GROUP = 8;

  private final CardTensor residualRD;
  private final CardTensor normalisedRD;
  private final CardTensor joined;
  private final CardTensor inner;
  private final CardTensor queries;
  private final CardTensor deltaRD;
  private final CardTensor splits;
  private final CardTensor marks;
  private final CardTensor arrivals;
  private final CardTensor wantedLD;
  private final CardTensor logitsLV;
  private final CardTensor tokens;
  private final Parts parts;

  /**
   * What the sub-blocks of a model need.
   *
   * @param width of the model
   * @param joined widest first product
   * @param inner widest input of a second product
   * @param queries elements of all query heads
   * @param headDim of all heads
   */
  record Widths(int width, int joined, int inner, int queries, int headDim) {}

  CardSpace(Device device, Widths widths, int rows, int logitRows, int vocabulary) {
    long splitHeads = (long) SPLIT_BLOCKS * MOST_GROUP;
    try (Parts made = new Parts()) {
      this.residualRD =
          made.add(
              CardTensor.empty(device, DType.FLOAT32, rows, widths.width()), CardTensor::close);
      this.normalisedRD =
          made.add(
              CardTensor.empty(device, DType.BFLOAT16, rows, widths.width()), CardTensor::close);
      this.joined =
          made.add(
              CardTensor.empty(device, DType.BFLOAT16, (long) rows * widths.joined()),
              CardTensor::close);
      this.inner =
          made.add(
              CardTensor.empty(device, DType.BFLOAT16, (long) rows * widths.inner()),
              CardTensor::close);
      this.queries =
          made.add(
              CardTensor.empty(device, DType.BFLOAT16, (long) rows * widths.queries()),
              CardTensor::close);
      this.deltaRD =
          made.add(
              CardTensor.empty(device, DType.BFLOAT16, rows, widths.width()), CardTensor::close);
      this.splits =
          made.add(
              CardTensor.empty(device, DType.FLOAT32, splitHeads * widths.headDim()),
              CardTensor::close);
      this.marks =
          made.add(CardTensor.empty(device, DType.FLOAT32, splitHeads * 2), CardTensor::close);
      this.arrivals =
          made.add(CardTensor.zeros(device, DType.INT32, SPLIT_BLOCKS), CardTensor::close);
      this.wantedLD =
          made.add(
              CardTensor.empty(device, DType.BFLOAT16, logitRows, widths.width()),
              CardTensor::close);
      this.logitsLV =
          made.add(
              CardTensor.empty(device, DType.FLOAT32, logitRows, vocabulary), CardTensor::close);
      this.tokens = made.add(CardTensor.empty(device, DType.INT32, logitRows), CardTensor::close);
      this.parts = made.complete();
    }
  }

  CardTensor residual() {
    return residualRD;
  }

  CardTensor normalised() {
    return normalisedRD;
  }

  /** Returns room for joined projections, {@code [R, any]}. */
  CardTensor joined() {
    return joined;
  }

  /** Returns room for the input of second products, {@code [R, any]}. */
  CardTensor inner() {
    return inner;
  }

  CardTensor queries() {
    return queries;
  }

  /** Returns what a sub-block adds to the residual stream. */
  CardTensor delta() {
    return deltaRD;
  }

  /** Returns what the blocks of split attention hand to the one that merges. */
  CardTensor splits() {
    return splits;
  }

  CardTensor marks() {
    return marks;
  }

  /** Returns how many blocks have arrived at each merging; always zero between kernels. */
  CardTensor arrivals() {
    return arrivals;
  }

  CardTensor wanted() {
    return wantedLD;
  }

  CardTensor logits() {
    return logitsLV;
  }

  CardTensor tokens() {
    return tokens;
  }

  @Override
  public void close() {
    parts.close();
  }
}
