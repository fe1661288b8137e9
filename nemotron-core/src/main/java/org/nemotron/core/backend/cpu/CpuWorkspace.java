package org.nemotron.core.backend.cpu;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import org.nemotron.core.backend.cpu.ThreadTeam.Worker;
import org.nemotron.core.backend.parallel.RankMember;
import org.nemotron.core.backend.parallel.RankShare;
import org.nemotron.core.parallel.IndexRange;
import org.nemotron.core.tensor.Resources;

/** Memory that the threads share during a step: the residual stream, and the inputs of products. */
final class CpuWorkspace implements AutoCloseable {
  // Shape letters in this file: R = rows, D = model width.

  /** So many rows each thread normalizes for itself, rather than wait for the others' rows. */
  static final int OWN_ROWS = 4;

  /** Rows that a thread normalizes at a time where they are more. */
  private static final int ROWS_PER_ITEM = 8;

  private final int width;
  private final RankMember member;
  private final RankPartials partials;
  private final NativeFloats normalized;
  private final NativeFloats inner;
  private final NativeFloats queries;
  private final ImmutableList<ThreadWorkspace> team;
  private final Resources parts;
  private float[] residualRD = new float[0];
  private float[] logitsRV = new float[0];
  private float[] whole = new float[0];

  /**
   * Makes room.
   *
   * @param member of the ranks whose sub-blocks add to the stream together
   * @param rows how many rows products may have
   * @param inner widest input of a sub-block's second product
   * @param queries floats of all query heads of a row
   * @param products floats of the largest product of one chunk
   * @param ownRows room for {@link #OWN_ROWS} rows of a product
   */
  CpuWorkspace(
      RankMember member,
      int width,
      int rows,
      int inner,
      int queries,
      int team,
      long products,
      int ownRows) {
    this.width = width;
    this.member = member;
    this.partials = new RankPartials(member);
    try (Resources made = new Resources()) {
      this.normalized = made.add(NativeFloats.zeros((long) rows * width), NativeFloats::close);
      this.inner = made.add(NativeFloats.zeros((long) rows * inner), NativeFloats::close);
      this.queries = made.add(NativeFloats.zeros((long) rows * queries), NativeFloats::close);
      ImmutableList.Builder<ThreadWorkspace> spaces = ImmutableList.builder();
      for (int worker = 0; worker < team; worker++) {
        spaces.add(
            made.add(
                new ThreadWorkspace(products, (long) ownRows * width), ThreadWorkspace::close));
      }
      this.team = spaces.build();
      this.parts = made.complete();
    }
  }

  /** Sets the residual stream, {@code [R, D]}; it is changed in place. */
  void start(float[] embeddedRD) {
    residualRD = embeddedRD;
    partials.start(embeddedRD);
  }

  /** Makes the stream of some of its rows, in their order. */
  void keepRows(int rows, IntUnaryOperator from) {
    for (int r = 0; r < rows; r++) {
      System.arraycopy(residualRD, from.applyAsInt(r) * width, residualRD, r * width, width);
    }
  }

  ThreadWorkspace of(Worker worker) {
    return team.get(worker.index());
  }

  /**
   * Returns the norms of all rows of the stream, {@code [R, D]}, which are there when an item of
   * the next stage asks for them; that stage must not change the stream.
   */
  NormalizedRows normalized(CpuRmsNorm norm, int rows, Worker worker) {
    return normalized(norm, rows, row -> row, worker);
  }

  /** Returns the norms of the rows that {@code from} says. */
  NormalizedRows normalized(CpuRmsNorm norm, int rows, IntUnaryOperator from, Worker worker) {
    ThreadWorkspace own = of(worker);
    if (rows <= OWN_ROWS) {
      return new NormalizedRows(
          own.normalized(), () -> normalize(norm, 0, rows, from, own, own.normalized()));
    }
    return normalizedFirst(norm, rows, from, worker);
  }

  /**
   * A stage: makes the norms of all rows of the stream, for a stage that changes the stream itself.
   */
  NormalizedRows normalizedFirst(CpuRmsNorm norm, int rows, Worker worker) {
    return normalizedFirst(norm, rows, row -> row, worker);
  }

  /** The same of some elements of each row only: of {@code width} a rank's part. */
  NormalizedRows normalizedFirst(CpuRmsNorm norm, IndexRange elements, int rows, Worker worker) {
    NormalizedRows whole = normalizedFirst(norm, rows, worker);
    int part = Math.toIntExact(elements.size());
    if (part == width) {
      return whole;
    }
    worker.each(
        rows,
        row -> {
          float[] values = of(worker).row(part);
          normalized.read((long) row * width + elements.begin(), values, 0, part);
          inner.write((long) row * part, values, 0, part);
        });
    return new NormalizedRows(inner, () -> {});
  }

  private NormalizedRows normalizedFirst(
      CpuRmsNorm norm, int rows, IntUnaryOperator from, Worker worker) {
    ThreadWorkspace own = of(worker);
    worker.each(
        (rows + ROWS_PER_ITEM - 1) / ROWS_PER_ITEM,
        item -> {
          int first = item * ROWS_PER_ITEM;
          normalize(norm, first, Math.min(rows, first + ROWS_PER_ITEM), from, own, normalized);
        });
    return new NormalizedRows(normalized, () -> {});
  }

  private void normalize(
      CpuRmsNorm norm,
      int first,
      int end,
      IntUnaryOperator from,
      ThreadWorkspace own,
      NativeFloats to) {
    float[] row = own.row(width);
    for (int r = first; r < end; r++) {
      norm.apply(residualRD, from.applyAsInt(r) * width, row, 0);
      to.write((long) r * width, row, 0, width);
    }
  }

  /** Returns the input of a sub-block's second product. */
  NativeFloats inner() {
    return inner;
  }

  /** Returns the rotated queries, {@code [R, N * H]}. */
  NativeFloats queries() {
    return queries;
  }

  /** A stage: adds the product of {@link #inner} by {@code part} to the stream. */
  void addProduct(ColumnParallelLinear part, int rows, Worker worker) {
    addProduct(part, Optional.empty(), rows, worker);
  }

  /** A stage: adds the product of {@link #inner} by {@code part} and a bias to the stream. */
  void addProduct(ColumnParallelLinear part, Optional<float[]> bias, int rows, Worker worker) {
    ThreadWorkspace own = of(worker);
    worker.each(
        part.chunks(),
        chunk -> part.multiply(chunk, own, inner, rows),
        chunk -> {
          add(own, rows, part, chunk);
          bias.ifPresent(values -> addBias(values, rows, part.start(chunk), part.share(chunk)));
        });
  }

  /** Adds the thread's product by a chunk of {@code part} to the stream. */
  void add(ThreadWorkspace own, int rows, ColumnParallelLinear part, int chunk) {
    int start = part.start(chunk);
    int share = part.share(chunk);
    int stride = part.stride(chunk);
    NativeFloats products = own.products();
    float[] row = own.row(share);
    float[] sumRD = partials.target(residualRD);
    for (int r = 0; r < rows; r++) {
      products.read((long) r * stride, row, 0, share);
      int to = r * width + start;
      for (int i = 0; i < share; i++) {
        sumRD[to + i] += row[i];
      }
    }
  }

  /** Adds the same values to columns {@code start} to {@code start + share} of all rows. */
  private void addBias(float[] bias, int rows, int start, int share) {
    float[] sumRD = partials.target(residualRD);
    for (int r = 0; r < rows; r++) {
      for (int i = start; i < start + share; i++) {
        sumRD[r * width + i] += bias[i];
      }
    }
  }

  /** A stage: adds to the stream what all ranks have added since the last time. */
  void addRanks(String at, int rows, Worker worker) {
    worker.each(1, unused -> partials.addAll(at, residualRD, rows * width));
  }

  /** Makes room for the logits of {@code rows} rows, before threads write them. */
  void roomForLogits(int rows, int vocabulary) {
    if (logitsRV.length < rows * vocabulary) {
      logitsRV = new float[rows * vocabulary];
    }
  }

  /** Copies the thread's product by a chunk of the head to the logits. */
  void keepLogits(
      ThreadWorkspace own, int rows, ColumnParallelLinear head, int chunk, int vocabulary) {
    for (int row = 0; row < rows; row++) {
      own.products()
          .read(
              (long) row * head.stride(chunk),
              logitsRV,
              row * vocabulary + head.start(chunk),
              head.share(chunk));
    }
  }

  /** Brings the logits of all ranks together, {@code [R, V]}, once each has its part of them. */
  void joinLogits(RankShare share, int rows) {
    if (!member.isAlone()) {
      ImmutableList<float[]> all = member.exchange("the logits", logitsRV);
      whole = share.rank() == 0 ? RankLogits.joined(share.plan(), all, rows) : whole;
    }
  }

  /** Reads the logits of a row. */
  void readLogits(int row, float[] target) {
    float[] from = member.isAlone() ? logitsRV : whole;
    if (from.length > 0) {
      System.arraycopy(from, row * target.length, target, 0, target.length);
    }
  }

  @Override
  public void close() {
    parts.close();
  }
}
