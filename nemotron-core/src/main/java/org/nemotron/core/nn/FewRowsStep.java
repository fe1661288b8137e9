package org.nemotron.core.nn;

import org.nemotron.core.cuda.CardKernel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Parts;
import org.nemotron.core.tensor.Tensors;

/**
 * The layers of a step of few rows as one kernel (few_rows.cu), ready to run: its parts, and how
 * many rows of each part's weights are taken.
 */
final class FewRowsStep implements AutoCloseable {
  private static final int RANK_INTS = 2;

  private final FewRowsShape shape;
  private final CardKernel kernel;
  private final int count;
  private final CardTensor table;
  private final CardTensor cleared;
  private final Parts parts;

  FewRowsStep(StepParts listed, FewRowsShape shape, StepKernels kernels) {
    this.shape = shape;
    this.kernel = kernels.ofFewRows(shape);
    this.count = listed.count();
    Device device = kernels.card().device();
    long[] longs = listed.written().toArray();
    try (Parts made = new Parts();
        NativeScope scope = NativeScope.open()) {
      this.table =
          made.add(
              CardTensor.of(Tensors.move(Tensors.of(longs, longs.length), device, DType.INT64)),
              CardTensor::close);
      this.cleared =
          made.add(CardTensor.zeros(device, DType.INT32, clearedInts()), CardTensor::close);
      this.parts = made.complete();
    }
  }

  /** What each step begins with as zeros: the ranks of the likeliest tokens, then tickets. */
  private int clearedInts() {
    return RANK_INTS * shape.rows() + count;
  }

  /** Returns where the step leaves the rank of each row's likeliest token. */
  long ranks() {
    return cleared.address();
  }

  private long tickets() {
    return cleared.address() + (long) RANK_INTS * Integer.BYTES * shape.rows();
  }

  /** Puts the step, from the embedding on, into the stream. */
  void run(CardStep step, CardTensor embeddingVD, CardTurns turns) {
    step.embed(embeddingVD, cleared.address(), clearedInts());
    CardSpace space = step.space();
    step.launcher()
        .address(table.address())
        .number(count)
        .number(shape.room())
        .address(step.rows().tables())
        .address(step.rows().tableWidth())
        .address(step.rows().lengths())
        .address(step.rows().positions())
        .address(step.rows().slots())
        .address(turns.address())
        .address(space.meetings().address())
        .address(space.splits().address())
        .address(space.marks().address())
        .address(space.arrivals().address())
        .address(tickets())
        .address(ranks());
    kernel.launchTogether(step.launcher(), shape.blocks(step.kernels().card()));
  }

  @Override
  public void close() {
    parts.close();
  }
}
