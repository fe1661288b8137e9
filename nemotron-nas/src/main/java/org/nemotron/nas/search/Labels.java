package org.nemotron.nas.search;

import java.util.Arrays;

/** The labels of one node: runs of numbers, and how each was reached. */
final class Labels {
  private static final int INDEX_BITS = 22;
  private static final int INDEX_MASK = (1 << INDEX_BITS) - 1;

  private final int stride;

  /** How many elements of a label are bounds; the objective and the rows follow. */
  private final int bounds;

  /** How many rows to hash when looking for twins. */
  private final int hashed;

  private final boolean strict;
  private double[] numbers;
  private int[] parents;
  private int[] arcs;
  private int count;
  private double droppedBound = Double.POSITIVE_INFINITY;

  Labels(int stride, int bounds, int hashed, boolean strict) {
    this.stride = stride;
    this.bounds = bounds;
    this.hashed = hashed;
    this.strict = strict;
    this.numbers = new double[4 * stride];
    this.parents = new int[4];
    this.arcs = new int[4];
  }

  /** Adds the label where every path begins. */
  void add(double[] start) {
    System.arraycopy(start, 0, numbers, 0, stride);
    count = 1;
  }

  /** Adds the sum of a label of an earlier node and the step to here. */
  void add(double[] earlier, int at, double[] steps, int step, int parent, int arc) {
    if (count == arcs.length) {
      grow();
    }
    int here = count * stride;
    for (int i = 0; i < stride; i++) {
      numbers[here + i] = earlier[at + i] + steps[step + i];
    }
    parents[count] = parent;
    arcs[count] = arc;
    count++;
  }

  private void grow() {
    int room = 2 * arcs.length;
    numbers = Arrays.copyOf(numbers, room * stride);
    parents = Arrays.copyOf(parents, room);
    arcs = Arrays.copyOf(arcs, room);
  }

  /**
   * Returns which labels to go on with: at most {@code width}, those of least bound, leaving out
   * twins of better ones.
   *
   * @param floors below these, values of an element are as good as each other
   */
  int[] best(int width, double[] floors) {
    long[] sorted = new long[count];
    for (int label = 0; label < count; label++) {
      sorted[label] = key(label);
    }
    Arrays.sort(sorted);
    int[] kept = new int[Math.min(count, width)];
    int costs = bounds + 1;
    Twins alike =
        new Twins(numbers, stride, bounds, costs, costs + hashed, floors, kept.length, strict);
    Twins alikeCounts =
        new Twins(numbers, stride, bounds, costs + hashed, stride, floors, kept.length, strict);
    int size = 0;
    for (long key : sorted) {
      int label = (int) (key & INDEX_MASK);
      if (size == width) {
        droppedBound = bound(label);
        break;
      }
      if (alike.isNew(label) && alikeCounts.isNew(label)) {
        kept[size++] = label;
      }
    }
    return Arrays.copyOf(kept, size);
  }

  /** Packs a bound, in the order of its bits, with the index of the label. */
  private long key(int label) {
    long bits = Double.doubleToRawLongBits(bound(label));
    long ordered = bits ^ ((bits >> 63) & Long.MAX_VALUE);
    return (ordered & ~(long) INDEX_MASK) | label;
  }

  private double bound(int label) {
    double bound = numbers[label * stride];
    for (int i = 1; i < bounds; i++) {
      bound = Math.max(bound, numbers[label * stride + i]);
    }
    return bound;
  }

  double droppedBound() {
    return droppedBound;
  }

  double[] numbers() {
    return numbers;
  }

  int parent(int label) {
    return parents[label];
  }

  int arc(int label) {
    return arcs[label];
  }

  /** Frees what only extending needs. */
  void releaseNumbers() {
    numbers = new double[0];
  }
}
