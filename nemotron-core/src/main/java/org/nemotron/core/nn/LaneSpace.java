package org.nemotron.core.nn;

import org.nemotron.core.tensor.Blas;
import org.nemotron.core.tensor.FloatArea;
import org.nemotron.core.tensor.Parts;

/** Memory that one lane works in. */
final class LaneSpace implements AutoCloseable {
  private final int lane;
  private final Blas blas = new Blas();
  private final FloatArea products;
  private FloatArea scores = FloatArea.zeros(1);
  private float[] row = new float[0];

  /** Makes room for products of {@code floats} elements. */
  LaneSpace(int lane, long floats) {
    this.lane = lane;
    try (Parts made = new Parts()) {
      made.add(scores, FloatArea::close);
      this.products = FloatArea.zeros(floats);
      Parts unused = made.complete();
    }
  }

  int lane() {
    return lane;
  }

  Blas blas() {
    return blas;
  }

  /** Returns the results of the lane's last product, row by row. */
  FloatArea products() {
    return products;
  }

  /** Returns room for {@code floats} scores of attention. */
  FloatArea scores(long floats) {
    if (scores.capacity() < floats) {
      FloatArea larger = FloatArea.zeros(Math.max(floats, 2 * scores.capacity()));
      scores.close();
      scores = larger;
    }
    return scores;
  }

  /** Returns an array of at least {@code floats}, the same one every time. */
  float[] row(int floats) {
    if (row.length < floats) {
      row = new float[Math.max(floats, 2 * row.length)];
    }
    return row;
  }

  @Override
  public void close() {
    products.close();
    scores.close();
  }
}
