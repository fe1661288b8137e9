package org.nemotron.core.backend.cpu;

import com.google.common.collect.ImmutableList;
import java.util.concurrent.atomic.AtomicInteger;
import org.nemotron.core.backend.cpu.ThreadTeam.Worker;
import org.nemotron.core.tensor.Resources;

/** Memory that the threads share during a step: the residual stream, and the inputs of products. */
final class CpuWorkspace implements AutoCloseable {
  // Shape letters in this file: R = rows, D = model width.

  private final int width;
  private final NativeFloats normalized;
  private final NativeFloats inner;
  private final NativeFloats queries;
  private final ImmutableList<ThreadWorkspace> team;
  private final Resources parts;
  private final AtomicInteger nextItem = new AtomicInteger();
  private float[] residualRD = new float[0];

  /**
   * Makes room.
   *
   * @param rows how many rows products may have
   * @param inner widest input of a sub-block's second product
   * @param queries floats of all query heads of a row
   * @param products floats of the largest product of one thread
   */
  CpuWorkspace(int width, int rows, int inner, int queries, int team, long products) {
    this.width = width;
    try (Resources made = new Resources()) {
      this.normalized = made.add(NativeFloats.zeros((long) rows * width), NativeFloats::close);
      this.inner = made.add(NativeFloats.zeros((long) rows * inner), NativeFloats::close);
      this.queries = made.add(NativeFloats.zeros((long) rows * queries), NativeFloats::close);
      ImmutableList.Builder<ThreadWorkspace> spaces = ImmutableList.builder();
      for (int worker = 0; worker < team; worker++) {
        spaces.add(made.add(new ThreadWorkspace(worker, products), ThreadWorkspace::close));
      }
      this.team = spaces.build();
      this.parts = made.complete();
    }
  }

  /** Sets the residual stream, {@code [R, D]}; it is changed in place. */
  void start(float[] embeddedRD) {
    residualRD = embeddedRD;
  }

  ThreadWorkspace of(Worker worker) {
    return worker(worker.index());
  }

  ThreadWorkspace worker(int index) {
    return team.get(index);
  }

  /** Returns the input of a sub-block's first product, {@code [R, D]}. */
  NativeFloats normalized() {
    return normalized;
  }

  /** Returns the input of a sub-block's second product. */
  NativeFloats inner() {
    return inner;
  }

  /** Returns the rotated queries, {@code [R, N * H]}. */
  NativeFloats queries() {
    return queries;
  }

  /** Writes the thread's share of the norms of all rows to {@link #normalized}. */
  void normalize(CpuRmsNorm norm, int rows, Worker worker) {
    for (int row = worker.from(rows); row < worker.to(rows); row++) {
      normalizeRow(norm, row, row, worker);
    }
  }

  /** Writes the norm of row {@code from} of the stream to row {@code to}. */
  void normalizeRow(CpuRmsNorm norm, int from, int to, Worker worker) {
    float[] target = of(worker).row(width);
    norm.apply(residualRD, from * width, target, 0);
    normalized.write((long) to * width, target, 0, width);
  }

  /** Adds the thread's product by {@code part} to the stream. */
  void add(Worker worker, int rows, ColumnParallelLinear part) {
    int start = part.start(worker.index());
    int share = part.share(worker.index());
    int stride = part.stride(worker.index());
    NativeFloats products = of(worker).products();
    float[] row = of(worker).row(share);
    for (int r = 0; r < rows; r++) {
      products.read((long) r * stride, row, 0, share);
      int to = r * width + start;
      for (int i = 0; i < share; i++) {
        residualRD[to + i] += row[i];
      }
    }
  }

  /** Adds the same values to columns {@code start} to {@code start + share} of all rows. */
  void addBias(float[] bias, int rows, int start, int share) {
    for (int r = 0; r < rows; r++) {
      for (int i = start; i < start + share; i++) {
        residualRD[r * width + i] += bias[i];
      }
    }
  }

  /** Starts to hand out items of work from 0; called by one thread before the others take any. */
  void handOut() {
    nextItem.set(0);
  }

  /** Returns the next item that no thread has taken. */
  int takeItem() {
    return nextItem.getAndIncrement();
  }

  @Override
  public void close() {
    parts.close();
  }
}
