package org.nemotron.nas.search.exact;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Arrays;
import java.util.List;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.LayerGraph;

/**
 * Labels every node with the partial paths from the first node that can still lead to a better path
 * than the incumbent.
 *
 * <p>Dynamic programming for the resource-constrained shortest path problem: a label is a partial
 * path; it is dropped when a lower bound on its completions reaches the cutoff, when no completion
 * satisfies the constraints, or when another label of the same node dominates it.
 */
final class ForwardLabeling {
  /*
   * Representation. A label is a run of doubles: one lower bound on every completion for each set
   * of multipliers, the objective so far, and the sum of every constraint so far. Extending a label
   * by an arc adds the arc's run to it, and every element has a threshold at the node reached.
   *
   * A node keeps at most `width` labels, those of least bound. When it must drop one, the labeling
   * still finds good paths, but proves nothing beyond the bounds that it dropped.
   */
  /** After how many labels to look at the deadline: a node may take seconds. */
  private static final int LABELS_PER_LOOK = 256;

  private final LabelMemory memory;
  private final ReducedProblem problem;
  private final LayerGraph graph;
  private final double cutoff;
  private final int bounds;
  private final int stride;
  private final double[] steps;
  private final double[][] thresholds;
  private final double[][] floors;
  private final NodeLabels[] labels;
  private final boolean[] settled;
  private final int longestArc;
  private int at;
  private double droppedBound = Double.POSITIVE_INFINITY;

  /**
   * @param multipliers sets of multipliers and their bounds; the first set is the best
   * @param cutoff the objective that a path must be below
   * @param memory how many labels a node keeps
   * @param ties how labels whose sums are the same up to rounding are told apart
   */
  ForwardLabeling(
      ReducedProblem problem,
      List<Multipliers> multipliers,
      double cutoff,
      LabelMemory memory,
      Ties ties) {
    this.memory = memory;
    this.problem = problem;
    this.graph = problem.graph;
    this.cutoff = cutoff;
    this.bounds = multipliers.size();
    this.stride = bounds + 1 + problem.constraints.size();
    int nodes = graph.lastNode() + 1;
    this.steps = new double[problem.arcs() * stride];
    this.thresholds = new double[nodes][stride];
    this.floors = new double[nodes][stride];
    this.labels = new NodeLabels[nodes];
    this.settled = new boolean[nodes];
    this.longestArc = graph.longestArc();
    double[] start = prepare(multipliers);
    NodeLabels.Shape shape = new NodeLabels.Shape(stride, bounds, problem.constraints.hashed, ties);
    for (int node = 0; node < nodes; node++) {
      labels[node] = new NodeLabels(shape, floors[node], memory.width());
    }
    labels[0].add(start);
  }

  /** Fills steps, thresholds and floors; returns the label where every path begins. */
  private double[] prepare(List<Multipliers> multipliers) {
    Constraints constraints = problem.constraints;
    double[] start = new double[stride];
    for (int i = 0; i < bounds; i++) {
      start[i] = multipliers.get(i).bound;
      prepareBound(i, problem.lengths(multipliers.get(i).values));
    }
    prepareSum(bounds, problem.objective, cutoff - problem.offset);
    for (int i = 0; i < constraints.size(); i++) {
      int element = bounds + 1 + i;
      double limit = constraints.limits[i] + constraints.fixed[i];
      start[element] = constraints.fixed[i];
      prepareSum(element, constraints.coefficients[i], limit);
      double[] longest = graph.longestToEnd(constraints.coefficients[i]);
      for (int node = 0; node < floors.length; node++) {
        floors[node][element] = constraints.safeLimit(i) + constraints.fixed[i] - longest[node];
      }
    }
    return start;
  }

  private void prepareBound(int element, double[] lengths) {
    double[] end = graph.shortestToEnd(lengths);
    for (int arc = 0; arc < lengths.length; arc++) {
      double reducedCost = lengths[arc] + end[graph.to(arc)] - end[graph.from(arc)];
      steps[arc * stride + element] = Math.max(0, reducedCost);
    }
    for (double[] threshold : thresholds) {
      threshold[element] = cutoff;
    }
  }

  private void prepareSum(int element, double[] lengths, double limit) {
    double[] end = graph.shortestToEnd(lengths);
    for (int node = 0; node < floors.length; node++) {
      thresholds[node][element] = limit - end[node];
      floors[node][element] = Double.NEGATIVE_INFINITY;
    }
    for (int arc = 0; arc < lengths.length; arc++) {
      steps[arc * stride + element] = lengths[arc];
    }
  }

  /** Returns the node whose labels are to be extended next; it has all its labels. */
  int at() {
    return at;
  }

  /** Extends the labels of the next node; only some of them where the deadline passes. */
  void advance(Deadline deadline) {
    settle();
    for (int next = at + 1; next <= Math.min(at + longestArc, graph.lastNode()); next++) {
      labels[next].narrow(memory.width());
    }
    int[] arcs = arcsByStep(at);
    for (int label = 0; label < labels[at].count(); label++) {
      if (label % LABELS_PER_LOOK == LABELS_PER_LOOK - 1 && deadline.isPast()) {
        return;
      }
      extend(at, label, arcs);
    }
    if (at >= longestArc) {
      labels[at - longestArc].releaseNumbers();
    }
    at++;
  }

  /** Chooses the labels of the next node to extend; returns their number. */
  @CanIgnoreReturnValue
  int settle() {
    if (!settled[at]) {
      settle(at);
    }
    return labels[at].count();
  }

  /** Chooses the labels to extend of every node from the next one on. */
  void settleRest() {
    for (int node = at; node < settled.length; node++) {
      if (!settled[node]) {
        settle(node);
      }
    }
  }

  private void settle(int node) {
    labels[node].narrow(memory.width());
    labels[node].settle();
    memory.keep(labels[node].count());
    droppedBound = Math.min(droppedBound, labels[node].droppedBound());
    settled[node] = true;
  }

  /** Returns the arcs of a node, by ascending step of the best bound. */
  private int[] arcsByStep(int node) {
    int first = graph.firstArc(node);
    int[] arcs = new int[graph.endArc(node) - first];
    for (int i = 0; i < arcs.length; i++) {
      int arc = first + i;
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
      int to = graph.to(arc);
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

  /** Returns how many labels of a node were kept; they are numbered by ascending bound. */
  int kept(int node) {
    return settled[node] ? labels[node].count() : 0;
  }

  /** Copies the objective and the constraints of a label to {@code sums}. */
  void copySums(int node, int label, double[] sums, int at) {
    System.arraycopy(labels[node].numbers(), label * stride + bounds, sums, at, stride - bounds);
  }

  /** Returns the arcs of the partial path of a label, as original arcs, the last one first. */
  int[] arcsBackFrom(int node, int label) {
    int[] arcs = new int[node];
    int length = 0;
    int at = node;
    int reached = label;
    while (at > 0) {
      int arc = labels[at].arc(reached);
      reached = labels[at].parent(reached);
      arcs[length++] = problem.originals.of(arc);
      at = graph.from(arc);
    }
    return Arrays.copyOf(arcs, length);
  }
}
