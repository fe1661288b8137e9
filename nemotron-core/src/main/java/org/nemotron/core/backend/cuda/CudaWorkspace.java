package org.nemotron.core.backend.cuda;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/** Room for what the kernels of a step hand to each other, at addresses that do not change. */
final class CudaWorkspace implements AutoCloseable {
  // Shape letters: R = rows of a step, D = model width, S = sequences that decode together,
  // L = rows of logits computed together, V = vocabulary.

  /** The context is split no further than into so many blocks of attention: four per processor. */
  static final int SPLIT_BLOCKS = 528;

  /** Query heads of a block of attention. */
  static final int MOST_GROUP = 8;

  /** Query heads of a block of attention on tensor cores. */
  static final int MOST_TENSOR_GROUP = 16;

  private final int width;
  private final CudaTensor residualRD;
  private final CudaTensor secondResidual;
  private final CudaTensor normalizedRD;
  private final CudaTensor joined;
  private final CudaTensor inner;
  private final CudaTensor queries;
  private final CudaTensor deltaRD;
  private final CudaTensor splits;
  private final CudaTensor marks;
  private final CudaTensor arrivals;
  private final CudaTensor meetings;
  private final CudaTensor wantedRD;
  private final CudaTensor logitsSV;
  private final CudaTensor pieceLogitsLV;
  private final CudaTensor fp8;
  private final CudaTensor fp8Scales;
  private final CudaTensor one;
  private final Resources parts;

  /**
   * What the sub-blocks of a model need.
   *
   * @param width of the model
   * @param joined widest first product
   * @param inner widest input of a second product
   * @param queries elements of all query heads
   * @param headDim of all heads
   * @param fp8 widest input of a product of 8-bit floats; 0 where there is none
   */
  record Widths(int width, int joined, int inner, int queries, int headDim, int fp8) {}

  /**
   * Makes room.
   *
   * @param rows tokens of a step
   * @param sequences that decode together
   * @param headRows rows of prompts whose logits are computed together
   */
  CudaWorkspace(
      Device device, Widths widths, int rows, int sequences, int headRows, int vocabulary) {
    this.width = widths.width();
    long splitHeads = (long) SPLIT_BLOCKS * MOST_TENSOR_GROUP;
    try (Resources made = new Resources();
        NativeScope scope = NativeScope.open()) {
      this.residualRD =
          made.add(
              CudaTensor.empty(device, DType.FLOAT32, rows, widths.width()), CudaTensor::close);
      int fewRows = Math.min(rows, PersistentKernelShape.MOST_ROWS);
      this.secondResidual =
          made.add(
              CudaTensor.empty(device, DType.FLOAT32, fewRows, widths.width()), CudaTensor::close);
      this.normalizedRD =
          made.add(
              CudaTensor.empty(device, DType.BFLOAT16, rows, widths.width()), CudaTensor::close);
      this.joined =
          made.add(
              CudaTensor.empty(device, DType.BFLOAT16, (long) rows * widths.joined()),
              CudaTensor::close);
      this.inner =
          made.add(
              CudaTensor.empty(device, DType.BFLOAT16, (long) rows * widths.inner()),
              CudaTensor::close);
      this.queries =
          made.add(
              CudaTensor.empty(device, DType.BFLOAT16, (long) rows * widths.queries()),
              CudaTensor::close);
      this.deltaRD =
          made.add(
              CudaTensor.empty(device, DType.BFLOAT16, rows, widths.width()), CudaTensor::close);
      this.splits =
          made.add(
              CudaTensor.empty(device, DType.FLOAT32, splitHeads * widths.headDim()),
              CudaTensor::close);
      this.marks =
          made.add(CudaTensor.empty(device, DType.FLOAT32, splitHeads * 2), CudaTensor::close);
      this.arrivals =
          made.add(CudaTensor.zeros(device, DType.INT32, SPLIT_BLOCKS), CudaTensor::close);
      this.meetings = made.add(CudaTensor.zeros(device, DType.INT32, 1), CudaTensor::close);
      this.wantedRD =
          made.add(
              CudaTensor.empty(device, DType.BFLOAT16, rows, widths.width()), CudaTensor::close);
      this.logitsSV =
          made.add(
              CudaTensor.empty(device, DType.FLOAT32, sequences, vocabulary), CudaTensor::close);
      this.pieceLogitsLV =
          made.add(
              CudaTensor.empty(device, DType.FLOAT32, headRows, vocabulary), CudaTensor::close);
      this.fp8 = made.add(CudaTensor.fp8(device, (long) rows * widths.fp8()), CudaTensor::close);
      this.fp8Scales =
          made.add(CudaTensor.empty(device, DType.FLOAT32, rows, 1), CudaTensor::close);
      Tensor number = Tensors.zeros(device, DType.FLOAT32, 1).fill_(new Scalar(1));
      this.one = made.add(CudaTensor.of(number), CudaTensor::close);
      this.parts = made.complete();
    }
  }

  /** Returns the model's width. */
  int width() {
    return width;
  }

  CudaTensor residual() {
    return residualRD;
  }

  /** Returns room for the residual stream of a step of few rows, beside the first. */
  CudaTensor secondResidual() {
    return secondResidual;
  }

  CudaTensor normalized() {
    return normalizedRD;
  }

  /** Returns room for joined projections, {@code [R, any]}. */
  CudaTensor joined() {
    return joined;
  }

  /** Returns room for the input of second products, {@code [R, any]}. */
  CudaTensor inner() {
    return inner;
  }

  CudaTensor queries() {
    return queries;
  }

  /** Returns what a sub-block adds to the residual stream. */
  CudaTensor delta() {
    return deltaRD;
  }

  /** Returns what the blocks of split attention hand to the one that merges. */
  CudaTensor splits() {
    return splits;
  }

  CudaTensor marks() {
    return marks;
  }

  /** Returns how many blocks have arrived at each merging; always zero between kernels. */
  CudaTensor arrivals() {
    return arrivals;
  }

  /** Returns the count of blocks that have come to a meeting. */
  CudaTensor meetings() {
    return meetings;
  }

  /** Returns the normalized rows of prompts whose logits are wanted; they stay during a step. */
  CudaTensor wanted() {
    return wantedRD;
  }

  /** Returns the logits of sequences that decode. */
  CudaTensor logits() {
    return logitsSV;
  }

  /** Returns the logits of some of the wanted rows of prompts. */
  CudaTensor pieceLogits() {
    return pieceLogitsLV;
  }

  /** Returns room for the input of a product as 8-bit floats. */
  CudaTensor fp8() {
    return fp8;
  }

  /** Returns the scales of the rows of that input, {@code [R, 1]}. */
  CudaTensor fp8Scales() {
    return fp8Scales;
  }

  /** Returns the number 1, {@code [1]}. */
  CudaTensor one() {
    return one;
  }

  @Override
  public void close() {
    parts.close();
  }
}
