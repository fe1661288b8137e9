package org.nemotron.core.nn;

import org.nemotron.core.cuda.CardKernel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * The layers of a step of few rows as one kernel (few_rows.cu), ready to run: its parts, and how
 * many rows of each part's weights are taken.
 */
final class FewRowsStep implements AutoCloseable {
  private final FewRowsShape shape;
  private final CardKernel kernel;
  private final int count;
  private final CardTensor parts;
  private final CardTensor tickets;

  FewRowsStep(StepParts listed, FewRowsShape shape, StepKernels kernels) {
    this.shape = shape;
    this.kernel = kernels.ofFewRows(shape);
    this.count = listed.count();
    Device device = kernels.card().device();
    long[] longs = listed.written().toArray();
    try (NativeScope scope = NativeScope.open()) {
      this.parts =
          CardTensor.of(Tensors.move(Tensors.of(longs, longs.length), device, DType.INT64));
    }
    this.tickets = CardTensor.zeros(device, DType.INT32, count);
  }

  /** Puts the step, from the embedding on, into the stream. */
  void run(CardStep step, CardTensor embeddingVD, CardTurns turns) {
    step.embed(embeddingVD, tickets.address(), count);
    CardSpace space = step.space();
    step.launcher()
        .address(parts.address())
        .number(count)
        .number(shape.room())
        .address(step.rows().tables())
        .address(step.rows().tableWidth())
        .address(step.rows().lengths())
        .address(step.rows().positions())
        .address(step.rows().slots())
        .address(turns.address())
        .address(space.meetings().address())
        .address(space.parts().address())
        .address(space.marks().address())
        .address(space.arrivals().address())
        .address(tickets.address());
    kernel.launchTogether(step.launcher(), shape.blocks(step.kernels().card()));
  }

  @Override
  public void close() {
    parts.close();
    tickets.close();
  }
}
