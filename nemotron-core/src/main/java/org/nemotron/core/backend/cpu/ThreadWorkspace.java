package org.nemotron.core.backend.cpu;

import org.nemotron.core.tensor.Resources;

/** Memory that one thread works in. */
final class ThreadWorkspace implements AutoCloseable {
  private final int worker;
  private final Blas blas = new Blas();
  private final FastExps exps = new FastExps();
  private final NativeFloats products;
  private NativeFloats scores = NativeFloats.zeros(1);
  private float[] row = new float[0];

  /** Makes room for products of {@code floats} elements. */
  ThreadWorkspace(int worker, long floats) {
    this.worker = worker;
    try (Resources made = new Resources()) {
      made.add(scores, NativeFloats::close);
      this.products = NativeFloats.zeros(floats);
      Resources unused = made.complete();
    }
  }

  int worker() {
    return worker;
  }

  Blas blas() {
    return blas;
  }

  FastExps exps() {
    return exps;
  }

  /** Returns the results of the thread's last product, row by row. */
  NativeFloats products() {
    return products;
  }

  /** Returns room for {@code floats} scores of attention. */
  NativeFloats scores(long floats) {
    if (scores.capacity() < floats) {
      NativeFloats larger = NativeFloats.zeros(Math.max(floats, 2 * scores.capacity()));
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
