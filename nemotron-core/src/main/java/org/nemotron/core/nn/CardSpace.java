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
  private final CardTensor secondResidual;
  private final CardTensor normalisedRD;
  private final CardTensor joined;
  private final CardTensor inner;
  private final CardTensor queries;
  private final CardTensor deltaRD;
  private final CardTensor splits;
  private final CardTensor marks;
  private final CardTensor arrivals;
  private final CardTensor meetings;
  private final CardTensor wantedLD;
  private final CardTensor logitsLV;
  private final CardTensor eights;
  private final CardTensor eightScales;
  private final Parts parts;

  /**
   * What the sub-blocks of a model need.
   *
   * @param width of the model
   * @param joined widest first product
   * @param inner widest input of a second product
   * @param queries elements of all query heads
   * @param headDim of all heads
   * @param eights widest input of a product of 8-bit floats; 0 where there is none
   */
  record Widths(int width, int joined, int inner, int queries, int headDim, int eights) {}

  CardSpace(Device device, Widths widths, int rows, int logitRows, int vocabulary) {
    long splitHeads = (long) SPLIT_BLOCKS * MOST_GROUP;
    try (Parts made = new Parts()) {
      this.residualRD =
          made.add(
              CardTensor.empty(device, DType.FLOAT32, rows, widths.width()), CardTensor::close);
      int fewRows = Math.min(rows, FewRowsShape.MOST_ROWS);
      this.secondResidual =
          made.add(
              CardTensor.empty(device, DType.FLOAT32, fewRows, widths.width()), CardTensor::close);
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
      this.meetings = made.add(CardTensor.zeros(device, DType.INT32, 1), CardTensor::close);
      this.wantedLD =
          made.add(
              CardTensor.empty(device, DType.BFLOAT16, logitRows, widths.width()),
              CardTensor::close);
      this.logitsLV =
          made.add(
              CardTensor.empty(device, DType.FLOAT32, logitRows, vocabulary), CardTensor::close);
      this.eights =
          made.add(CardTensor.eights(device, (long) rows * widths.eights()), CardTensor::close);
      this.eightScales =
          made.add(CardTensor.empty(device, DType.FLOAT32, rows, 1), CardTensor::close);
      this.parts = made.complete();
    }
  }

  CardTensor residual() {
    return residualRD;
  }

  /** Returns room for the residual stream of a step of few rows, beside the first. */
  CardTensor secondResidual() {
    return secondResidual;
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

  /** Returns the count of blocks that have come to a meeting. */
  CardTensor meetings() {
    return meetings;
  }

  CardTensor wanted() {
    return wantedLD;
  }

  CardTensor logits() {
    return logitsLV;
  }

  /** Returns room for the input of a product as 8-bit floats. */
  CardTensor eights() {
    return eights;
  }

  /** Returns the scales of the rows of that input, {@code [R, 1]}. */
  CardTensor eightScales() {
    return eightScales;
  }

  @Override
  public void close() {
    parts.close();
  }
}
