package org.nemotron.nas.search;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Arrays;
import java.util.List;

/**
 * Follows every beginning of a path that may still lead to something better than the best path
 * known.
 *
 * <p>Dynamic programming: a label is the beginning of a path; it is dropped when no continuation
 * can be better than the best path known or meet the rows, or when another label of the same node
 * is nowhere worse.
 */
final class ForwardLabeling {
  /*
   * Representation. A label is a run of doubles: one lower bound on every completion for each set
   * of multipliers, the objective so far, and the sum of every row so far. Extending a label by an
   * arc adds the arc's run to it, and every element has a threshold at the node reached.
   *
   * A node keeps at most `width` labels, those of least bound. When it must drop one, the search
   * still finds good paths, but proves nothing beyond the bounds that it dropped.
   */
  private final ReducedProblem core;
  private final double cutoff;
  private final int bounds;
  private final int stride;
  private final double[] steps;
  private final double[][] thresholds;
  private final double[][] floors;
  private final NodeLabels[] labels;
  private final int[][] kept;
  private final boolean[] settled;
  private final int longestArc;
  private int at;
  private double droppedBound = Double.POSITIVE_INFINITY;

  /**
   * @param duals multipliers and what they prove; the first are the best
   * @param cutoff what a path must be below to be of interest
   * @param strict whether sums that differ by rounding only count as different
   */
  ForwardLabeling(
      ReducedProblem core, List<Multipliers> duals, double cutoff, int width, boolean strict) {
    this.core = core;
    this.cutoff = cutoff;
    this.bounds = duals.size();
    this.stride = bounds + 1 + core.rows();
    this.steps = new double[core.arcs() * stride];
    this.thresholds = new double[core.nodes + 1][stride];
    this.floors = new double[core.nodes + 1][stride];
    this.labels = new NodeLabels[core.nodes + 1];
    this.kept = new int[core.nodes + 1][0];
    this.settled = new boolean[core.nodes + 1];
    this.longestArc = core.longestArc();
    double[] start = prepare(duals);
    NodeLabels.Shape shape = new NodeLabels.Shape(stride, bounds, core.hashedRows, strict, width);
    for (int node = 0; node < labels.length; node++) {
      labels[node] = new NodeLabels(shape, floors[node]);
    }
    labels[0].add(start);
  }

  /** Fills steps, thresholds and floors; returns the label where every path begins. */
  private double[] prepare(List<Multipliers> duals) {
    double[] start = new double[stride];
    for (int i = 0; i < bounds; i++) {
      start[i] = duals.get(i).bound;
      prepareBound(i, core.charged(duals.get(i).multipliers));
    }
    prepareSum(bounds, core.objective, cutoff - core.offset);
    for (int row = 0; row < core.rows(); row++) {
      int element = bounds + 1 + row;
      double limit = core.limits[row] + core.fixed[row];
      start[element] = core.fixed[row];
      prepareSum(element, core.coefficients[row], limit);
      double[] longest = core.longestToEnd(core.coefficients[row]);
      for (int node = 0; node <= core.nodes; node++) {
        floors[node][element] = core.safeLimit(row) + core.fixed[row] - longest[node];
      }
    }
    return start;
  }

  private void prepareBound(int element, double[] lengths) {
    double[] end = core.shortestToEnd(lengths);
    for (int arc = 0; arc < lengths.length; arc++) {
      double detour = lengths[arc] + end[core.to[arc]] - end[core.from[arc]];
      steps[arc * stride + element] = Math.max(0, detour);
    }
    for (double[] threshold : thresholds) {
      threshold[element] = cutoff;
    }
  }

  private void prepareSum(int element, double[] lengths, double limit) {
    double[] end = core.shortestToEnd(lengths);
    for (int node = 0; node <= core.nodes; node++) {
      thresholds[node][element] = limit - end[node];
      floors[node][element] = Double.NEGATIVE_INFINITY;
    }
    for (int arc = 0; arc < lengths.length; arc++) {
      steps[arc * stride + element] = lengths[arc];
    }
  }

  /** Returns the node whose labels are to be extended next; all labels of it are there. */
  int at() {
    return at;
  }

  /** Extends the labels of the next node. */
  void advance() {
    int unused = settle();
    int[] arcs = arcsByStep(at);
    for (int label : kept[at]) {
      extend(at, label, arcs);
    }
    if (at >= longestArc) {
      labels[at - longestArc].releaseNumbers();
    }
    at++;
  }

  /** Chooses the labels of the next node to go on with; returns how many they are. */
  @CanIgnoreReturnValue
  int settle() {
    if (!settled[at]) {
      settle(at);
    }
    return kept[at].length;
  }

  /** Chooses the labels to go on with of every node from the next one on. */
  void settleRest() {
    for (int node = at; node <= core.nodes; node++) {
      if (!settled[node]) {
        settle(node);
      }
    }
  }

  private void settle(int node) {
    kept[node] = labels[node].best();
    droppedBound = Math.min(droppedBound, labels[node].droppedBound());
    settled[node] = true;
  }

  /** Returns the arcs of a node, those that lift the bound least first. */
  private int[] arcsByStep(int node) {
    int[] arcs = new int[core.firstArc[node + 1] - core.firstArc[node]];
    for (int i = 0; i < arcs.length; i++) {
      int arc = core.firstArc[node] + i;
      int place = i;
      while (place > 0 && steps[arcs[place - 1] * stride] > steps[arc * stride]) {
        arcs[place] = arcs[place - 1];
        place--;
      }
      arcs[place] = arc;
    }
    return arcs;
  }

  private void extend(int node, int label, int[] arcs) {
    double[] numbers = labels[node].numbers();
    int at = label * stride;
    for (int arc : arcs) {
      if (numbers[at] + steps[arc * stride] >= cutoff) {
        return;
      }
      int to = core.to[arc];
      if (isWithin(numbers, at, arc * stride, thresholds[to])) {
        labels[to].add(numbers, at, steps, arc * stride, label, arc);
      }
    }
  }

  private boolean isWithin(double[] numbers, int at, int step, double[] threshold) {
    for (int i = 0; i < stride; i++) {
      if (numbers[at + i] + steps[step + i] > threshold[i]) {
        return false;
      }
    }
    return true;
  }

  /** Returns a bound on every path that was dropped for want of width, infinite when none was. */
  double droppedBound() {
    return droppedBound;
  }

  /** Returns the labels of a node that were kept, by ascending bound. */
  int[] kept(int node) {
    return kept[node];
  }

  /** Copies objective and rows of a label to {@code sums}. */
  void copySums(int node, int label, double[] sums, int at) {
    System.arraycopy(labels[node].numbers(), label * stride + bounds, sums, at, stride - bounds);
  }

  /** Returns the arcs that led to a label, as those of the network, the last one first. */
  int[] arcsBackFrom(int node, int label) {
    int[] arcs = new int[node];
    int length = 0;
    int at = node;
    int reached = label;
    while (at > 0) {
      int arc = labels[at].arc(reached);
      reached = labels[at].parent(reached);
      arcs[length++] = core.original[arc];
      at = core.from[arc];
    }
    return Arrays.copyOf(arcs, length);
  }
}
