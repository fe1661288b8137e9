package org.nemotron.nas.search.exact;

import java.util.Arrays;
import org.nemotron.nas.search.graph.Elements;

/** The labels of one node: for each, its numbers, its predecessor and the arc from there. */
final class NodeLabels {
  private static final int INDEX_BITS = 22;
  private static final int INDEX_MASK = (1 << INDEX_BITS) - 1;

  /**
   * What the labels of all nodes have in common.
   *
   * @param stride how many numbers a label has
   * @param bounds how many of them are bounds; the objective and the constraints follow
   * @param hashed how many constraints to hash when looking for duplicates
   * @param ties how labels whose sums are the same up to rounding are told apart
   */
  record Shape(int stride, int bounds, int hashed, Ties ties) {}

  private static final double[] NOTHING = {};

  private final Shape shape;
  private final int stride;
  private final double[] floors;
  private double[] numbers;
  private int[] parents;
  private int[] arcs;
  private int width;
  private int count;
  private double droppedBound = Double.POSITIVE_INFINITY;

  /**
   * @param floors by element: values below are as good as each other
   * @param width how many labels to keep
   */
  NodeLabels(Shape shape, double[] floors, int width) {
    this.shape = shape;
    this.width = width;
    this.stride = shape.stride();
    this.floors = floors;
    this.numbers = new double[4 * stride];
    this.parents = new int[4];
    this.arcs = new int[4];
  }

  /** Keeps no more labels than this from now on. */
  void narrow(int newWidth) {
    width = Math.min(width, newWidth);
  }

  /** Adds the label where every path begins. */
  void add(double[] start) {
    System.arraycopy(start, 0, numbers, 0, stride);
    count = 1;
  }

  /** Adds a label of an earlier node extended by an arc, the sum of the numbers of both. */
  void add(double[] earlier, int at, double[] steps, int step, int parent, int arc) {
    if (count == arcs.length) {
      makeRoom();
    }
    int here = count * stride;
    for (int i = 0; i < stride; i++) {
      numbers[here + i] = earlier[at + i] + steps[step + i];
    }
    parents[count] = parent;
    arcs[count] = arc;
    count++;
  }

  private void makeRoom() {
    if (count >= 2 * width) {
      compact();
    }
    if (count == arcs.length) {
      int room = Math.max(arcs.length + 4, Math.min(2 * arcs.length, 2 * width));
      numbers = Arrays.copyOf(numbers, room * stride);
      parents = Arrays.copyOf(parents, room);
      arcs = Arrays.copyOf(arcs, room);
    }
  }

  /** Drops early what would be dropped in the end. */
  private void compact() {
    int[] kept = best();
    Arrays.sort(kept);
    for (int i = 0; i < kept.length; i++) {
      System.arraycopy(numbers, kept[i] * stride, numbers, i * stride, stride);
      parents[i] = parents[kept[i]];
      arcs[i] = arcs[kept[i]];
    }
    count = kept.length;
  }

  /**
   * Keeps the labels to extend: at most as many as the width, those of least bound, without
   * duplicates of better ones; by ascending bound, and in no more memory than they need.
   */
  void settle() {
    int[] kept = best();
    double[] newNumbers = new double[kept.length * stride];
    for (int i = 0; i < kept.length; i++) {
      System.arraycopy(numbers, kept[i] * stride, newNumbers, i * stride, stride);
    }
    numbers = newNumbers;
    parents = Elements.at(parents, kept);
    arcs = Elements.at(arcs, kept);
    count = kept.length;
  }

  /** Returns the labels to keep, by ascending bound. */
  private int[] best() {
    long[] sorted = sorted();
    int[] kept = new int[Math.min(count, width)];
    int constraints = shape.bounds() + 1;
    Duplicates byCosts = duplicates(constraints, constraints + shape.hashed(), kept.length);
    Duplicates byCounts = duplicates(constraints + shape.hashed(), stride, kept.length);
    int size = 0;
    for (long key : sorted) {
      int label = (int) (key & INDEX_MASK);
      if (size == width) {
        droppedBound = Math.min(droppedBound, bound(label));
        break;
      }
      if (byCosts.isNew(label) && byCounts.isNew(label)) {
        kept[size++] = label;
      }
    }
    return Arrays.copyOf(kept, size);
  }

  private Duplicates duplicates(int from, int to, int expected) {
    return new Duplicates(
        numbers, stride, shape.bounds(), from, to, floors, expected, shape.ties());
  }

  /**
   * Returns keys of all labels by ascending bound, and by ascending objective among those of equal
   * bounds: of many that are within all limits whatever follows, the best must come first.
   */
  private long[] sorted() {
    long[] sorted = new long[count];
    for (int label = 0; label < count; label++) {
      sorted[label] = key(bound(label), label);
    }
    Arrays.sort(sorted);
    int first = 0;
    for (int at = 1; at <= count; at++) {
      if (at == count || (sorted[at] | INDEX_MASK) != (sorted[first] | INDEX_MASK)) {
        if (at - first > 1) {
          sortByObjective(sorted, first, at);
        }
        first = at;
      }
    }
    return sorted;
  }

  private void sortByObjective(long[] keys, int from, int to) {
    for (int at = from; at < to; at++) {
      int label = (int) (keys[at] & INDEX_MASK);
      keys[at] = key(numbers[label * stride + shape.bounds()], label);
    }
    Arrays.sort(keys, from, to);
  }

  /** Packs a number, in the order of its bits, with the index of the label. */
  private static long key(double number, int label) {
    long bits = Double.doubleToRawLongBits(number);
    long ordered = bits ^ ((bits >> 63) & Long.MAX_VALUE);
    return (ordered & ~(long) INDEX_MASK) | label;
  }

  private double bound(int label) {
    double bound = numbers[label * stride];
    for (int i = 1; i < shape.bounds(); i++) {
      bound = Math.max(bound, numbers[label * stride + i]);
    }
    return bound;
  }

  /** Returns the least bound of a label that was dropped for want of width. */
  double droppedBound() {
    return droppedBound;
  }

  /** Returns how many labels there are. */
  int count() {
    return count;
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

  /** Frees the numbers, which only extending needs. */
  void releaseNumbers() {
    numbers = NOTHING;
  }
}
