package org.nemotron.core.nn;

import com.google.common.collect.ImmutableList;
import java.util.concurrent.atomic.AtomicInteger;
import org.nemotron.core.tensor.FloatArea;
import org.nemotron.core.tensor.Lanes.Lane;
import org.nemotron.core.tensor.Parts;

/** Memory that the lanes share during a step: the residual stream, and the inputs of products. */
final class StepSpace implements AutoCloseable {
  // Shape letters in this file: R = rows, D = model width.

  private final int width;
  private final FloatArea normalised;
  private final FloatArea inner;
  private final FloatArea queries;
  private final ImmutableList<LaneSpace> lanes;
  private final Parts parts;
  private final AtomicInteger nextItem = new AtomicInteger();
  private float[] residualRD = new float[0];

  /**
   * Makes room.
   *
   * @param rows how many rows products may have
   * @param inner widest input of a sub-block's second product
   * @param queries floats of all query heads of a row
   * @param products floats of the largest product of one lane
   */
  StepSpace(int width, int rows, int inner, int queries, int lanes, long products) {
    this.width = width;
    try (Parts made = new Parts()) {
      this.normalised = made.add(FloatArea.zeros((long) rows * width), FloatArea::close);
      this.inner = made.add(FloatArea.zeros((long) rows * inner), FloatArea::close);
      this.queries = made.add(FloatArea.zeros((long) rows * queries), FloatArea::close);
      ImmutableList.Builder<LaneSpace> spaces = ImmutableList.builder();
      for (int lane = 0; lane < lanes; lane++) {
        spaces.add(made.add(new LaneSpace(lane, products), LaneSpace::close));
      }
      this.lanes = spaces.build();
      this.parts = made.complete();
    }
  }

  /** Sets the residual stream, {@code [R, D]}; it is changed in place. */
  void start(float[] embeddedRD) {
    residualRD = embeddedRD;
  }

  LaneSpace of(Lane lane) {
    return lane(lane.index());
  }

  LaneSpace lane(int index) {
    return lanes.get(index);
  }

  /** Returns the input of a sub-block's first product, {@code [R, D]}. */
  FloatArea normalised() {
    return normalised;
  }

  /** Returns the input of a sub-block's second product. */
  FloatArea inner() {
    return inner;
  }

  /** Returns the rotated queries, {@code [R, N * H]}. */
  FloatArea queries() {
    return queries;
  }

  /** Writes the lane's share of the norms of all rows to {@link #normalised}. */
  void normalise(RowNorm norm, int rows, Lane lane) {
    for (int row = lane.from(rows); row < lane.to(rows); row++) {
      normaliseRow(norm, row, row, lane);
    }
  }

  /** Writes the norm of row {@code from} of the stream to row {@code to}. */
  void normaliseRow(RowNorm norm, int from, int to, Lane lane) {
    float[] target = of(lane).row(width);
    norm.apply(residualRD, from * width, target, 0);
    normalised.write((long) to * width, target, 0, width);
  }

  /** Adds the lane's product by {@code part} to the stream. */
  void add(Lane lane, int rows, LanePart part) {
    int start = part.start(lane.index());
    int share = part.share(lane.index());
    int stride = part.stride(lane.index());
    FloatArea products = of(lane).products();
    float[] row = of(lane).row(share);
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

  /** Starts to hand out items of work from 0; called by one lane before the others take any. */
  void handOut() {
    nextItem.set(0);
  }

  /** Returns the next item that no lane has taken. */
  int takeItem() {
    return nextItem.getAndIncrement();
  }

  @Override
  public void close() {
    parts.close();
  }
}
