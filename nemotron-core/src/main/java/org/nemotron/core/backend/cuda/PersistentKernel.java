package org.nemotron.core.backend.cuda;

import org.nemotron.core.cuda.CudaKernel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * The layers of a step of few rows as one kernel (persistent.cu), ready to run: its parts, and how
 * many rows of each part's weights are taken.
 */
final class PersistentKernel implements AutoCloseable {
  private static final int RANK_INTS = 2;

  private final PersistentKernelShape shape;
  private final CudaKernel kernel;
  private final int count;
  private final CudaTensor table;
  private final CudaTensor cleared;
  private final CudaPeers peers;
  private final long ranks;
  private final Resources parts;

  PersistentKernel(
      WorkList listed,
      PersistentKernelShape shape,
      boolean eight,
      StepKernels kernels,
      CudaPeers peers) {
    this.shape = shape;
    this.kernel = kernels.ofFewRows(shape, eight, peers.ranks());
    this.peers = peers;
    this.count = listed.count();
    Device device = kernels.gpu().device();
    long[] longs = listed.written().toArray();
    try (Resources made = new Resources();
        NativeScope scope = NativeScope.open()) {
      this.table =
          made.add(
              CudaTensor.of(Tensors.move(Tensors.of(longs, longs.length), device, DType.INT64)),
              CudaTensor::close);
      this.cleared =
          made.add(CudaTensor.zeros(device, DType.INT32, clearedInts()), CudaTensor::close);
      this.ranks = peers.firstOf(cleared.address());
      this.parts = made.complete();
    }
  }

  /** What each step begins with as zeros: the ranks of the likeliest tokens, then tickets. */
  private int clearedInts() {
    return RANK_INTS * shape.rows() + count;
  }

  /** Returns where the step leaves the rank of each row's likeliest token, on the first GPU. */
  long ranks() {
    return ranks;
  }

  private long tickets() {
    return cleared.address() + (long) RANK_INTS * Integer.BYTES * shape.rows();
  }

  /** Puts the step, from the embedding on, into the stream. */
  void run(CudaStep step, CudaTensor embeddingVD, CudaRotaryCache rotary) {
    step.embed(embeddingVD, cleared.address(), clearedInts());
    CudaWorkspace space = step.space();
    step.launcher()
        .address(table.address())
        .number(count)
        .number(shape.room())
        .address(step.rows().tables())
        .address(step.rows().tableWidth())
        .address(step.rows().lengths(0))
        .address(step.rows().positions())
        .address(step.rows().slots())
        .address(rotary.address())
        .address(space.meetings().address())
        .address(space.splits().address())
        .address(space.marks().address())
        .address(space.arrivals().address())
        .address(tickets())
        .address(ranks())
        .address(peers.table())
        .number(peers.rank());
    kernel.launchTogether(step.launcher(), shape.blocks(step.kernels().gpu()));
  }

  @Override
  public void close() {
    parts.close();
  }
}
