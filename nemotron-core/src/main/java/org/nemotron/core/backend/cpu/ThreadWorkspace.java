package org.nemotron.core.backend.cpu;

import org.nemotron.core.tensor.Resources;

/** Memory that one thread works in. */
final class ThreadWorkspace implements AutoCloseable {
  private final Blas blas = new Blas();
  private final FastExps exps = new FastExps();
  private final Softmax softmax = new Softmax(exps);
  private final NativeFloats products;
  private final NativeFloats normalized;
  private final TreeAttention.Room treeRoom = new TreeAttention.Room();
  private NativeFloats scores = NativeFloats.zeros(1);
  private float[] row = new float[0];
  private float[] parts = new float[0];

  /** Makes room for products of so many elements, and for rows that the thread normalizes. */
  ThreadWorkspace(long products, long normalized) {
    try (Resources made = new Resources()) {
      made.add(scores, NativeFloats::close);
      this.products = made.add(NativeFloats.zeros(products), NativeFloats::close);
      this.normalized = made.add(NativeFloats.zeros(normalized), NativeFloats::close);
      Resources unused = made.complete();
    }
  }

  Blas blas() {
    return blas;
  }

  FastExps exps() {
    return exps;
  }

  Softmax softmax() {
    return softmax;
  }

  TreeAttention.Room treeRoom() {
    return treeRoom;
  }

  /** Returns the results of the thread's last product, row by row. */
  NativeFloats products() {
    return products;
  }

  /** Returns the inputs of a product, where the thread normalizes them for itself. */
  NativeFloats normalized() {
    return normalized;
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

  /** Returns an array of at least {@code floats}, another one than {@link #row}. */
  float[] parts(int floats) {
    if (parts.length < floats) {
      parts = new float[floats];
    }
    return parts;
  }

  @Override
  public void close() {
    products.close();
    normalized.close();
    scores.close();
  }
}
