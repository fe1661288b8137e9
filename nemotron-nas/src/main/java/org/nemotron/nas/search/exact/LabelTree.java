package org.nemotron.nas.search.exact;

import java.util.function.IntPredicate;

/**
 * Finds, among many labels, those whose sums stay below given limits in every element.
 *
 * <p>A k-d tree with the least value of every element in each of its parts, so that a visit skips
 * parts without an answer.
 */
final class LabelTree {
  private static final int LEAF = 8;

  private final int elements;
  private final double[] points;
  private final int[] labels;
  private final double[] weights;
  private final double[] least;

  /**
   * @param points runs of as many numbers as weights, reordered together with {@code labels}
   * @param labels the label of each run
   * @param weights how much each element helps to distinguish labels
   */
  LabelTree(double[] points, int[] labels, double[] weights) {
    this.points = points;
    this.weights = weights;
    this.labels = labels;
    this.elements = weights.length;
    int nodes = 1;
    for (int size = labels.length; size > LEAF; size = (size + 1) / 2) {
      nodes *= 2;
    }
    this.least = new double[2 * nodes * elements];
    build(1, 0, labels.length);
  }

  private void build(int node, int from, int to) {
    int widest = 0;
    double widestSpread = -1;
    for (int i = 0; i < elements; i++) {
      double low = Double.POSITIVE_INFINITY;
      double high = Double.NEGATIVE_INFINITY;
      for (int at = from; at < to; at++) {
        low = Math.min(low, points[at * elements + i]);
        high = Math.max(high, points[at * elements + i]);
      }
      least[node * elements + i] = low;
      double spread = weights[i] * (high - low);
      if (spread > widestSpread) {
        widestSpread = spread;
        widest = i;
      }
    }
    if (to - from > LEAF) {
      int middle = from + (to - from + 1) / 2;
      select(from, to - 1, middle, widest);
      build(2 * node, from, middle);
      build(2 * node + 1, middle, to);
    }
  }

  /** Puts the smaller values of an element before {@code middle} and the greater ones after. */
  private void select(int from, int to, int middle, int element) {
    int low = from;
    int high = to;
    while (low < high) {
      double pivot = points[((low + high) >>> 1) * elements + element];
      int left = low;
      int right = high;
      while (left <= right) {
        while (points[left * elements + element] < pivot) {
          left++;
        }
        while (points[right * elements + element] > pivot) {
          right--;
        }
        if (left <= right) {
          swap(left++, right--);
        }
      }
      if (middle <= right) {
        high = right;
      } else if (middle >= left) {
        low = left;
      } else {
        return;
      }
    }
  }

  private void swap(int one, int other) {
    for (int i = 0; i < elements; i++) {
      double value = points[one * elements + i];
      points[one * elements + i] = points[other * elements + i];
      points[other * elements + i] = value;
    }
    int label = labels[one];
    labels[one] = labels[other];
    labels[other] = label;
  }

  /**
   * Calls {@code visitor} with every label below {@code limits} in all elements; the visitor may
   * lower the limits, and ends the visit by returning false.
   *
   * @return whether the visit came to its end
   */
  boolean visit(double[] limits, IntPredicate visitor) {
    return labels.length == 0 || visit(1, 0, labels.length, limits, visitor);
  }

  private boolean visit(int node, int from, int to, double[] limits, IntPredicate visitor) {
    if (!isBelow(least, node, limits)) {
      return true;
    }
    if (to - from <= LEAF) {
      for (int at = from; at < to; at++) {
        if (isBelow(points, at, limits) && !visitor.test(labels[at])) {
          return false;
        }
      }
      return true;
    }
    int middle = from + (to - from + 1) / 2;
    return visit(2 * node, from, middle, limits, visitor)
        && visit(2 * node + 1, middle, to, limits, visitor);
  }

  private boolean isBelow(double[] values, int index, double[] limits) {
    for (int i = 0; i < elements; i++) {
      if (values[index * elements + i] > limits[i]) {
        return false;
      }
    }
    return true;
  }
}
