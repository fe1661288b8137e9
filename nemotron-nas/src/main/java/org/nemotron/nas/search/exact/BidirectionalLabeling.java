package org.nemotron.nas.search.exact;

import com.google.common.primitives.Ints;
import java.util.List;
import java.util.function.IntPredicate;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.Path;

/**
 * Labels the nodes from both ends up to a node in the middle and joins the labels there.
 *
 * <p>The number of labels grows with the exponential of the square root of the number of undecided
 * arcs; halving that number saves far more than the joining costs.
 */
final class BidirectionalLabeling {
  /** Bounds lie within the gap, sums far apart: this brings them to a like spread. */
  private static final double BOUND_WEIGHT = 10;

  private final ReducedProblem problem;
  private final Constraints constraints;
  private final double[] multipliers;
  private final Incumbent incumbent;
  private final LabelMemory memory;
  private final ForwardLabeling forward;
  private final ForwardLabeling backward;
  private final double ceiling;

  /**
   * @param multipliers sets of multipliers of the problem, the best first
   * @param ceiling a value that the objective of every path of interest is below
   * @param memory how many labels a node keeps
   * @param ties how labels whose sums are the same up to rounding are told apart
   */
  BidirectionalLabeling(
      ReducedProblem problem,
      List<Multipliers> multipliers,
      Incumbent incumbent,
      double ceiling,
      LabelMemory memory,
      Ties ties) {
    this.problem = problem;
    this.constraints = problem.constraints;
    this.multipliers = multipliers.get(0).values;
    this.incumbent = incumbent;
    this.memory = memory;
    this.ceiling = ceiling;
    double cutoff = cutoff();
    this.forward = new ForwardLabeling(problem, multipliers, cutoff, memory, ties);
    this.backward = new ForwardLabeling(problem.reversed(), multipliers, cutoff, memory, ties);
  }

  private double cutoff() {
    return Math.min(ceiling, incumbent.cutoff(problem));
  }

  /**
   * Offers every better path to the incumbent.
   *
   * @return a bound on all paths that were dropped, infinite when none was
   */
  double run(Deadline deadline) {
    return run(deadline, Double.NEGATIVE_INFINITY);
  }

  /**
   * Offers every better path to the incumbent, unless it must give up.
   *
   * @param enough give up as soon as a path whose bound is below this must be dropped
   * @return a bound on all paths that were dropped, infinite when none was
   */
  double run(Deadline deadline, double enough) {
    try {
      return label(deadline, enough);
    } catch (OutOfMemoryError e) {
      // Others took more of the heap than was foreseen. The labels are lost, nothing else is.
      memory.exhaust();
      return Double.NEGATIVE_INFINITY;
    }
  }

  private double label(Deadline deadline, double enough) {
    int last = problem.graph.lastNode();
    while (forward.at() + backward.at() < last && !deadline.isPast()) {
      (forward.settle() <= backward.settle() ? forward : backward).advance(deadline);
      if (droppedBound() < enough) {
        return droppedBound();
      }
    }
    if (deadline.isPast()) {
      return Double.NEGATIVE_INFINITY;
    }
    forward.settleRest();
    backward.settleRest();
    for (int node = forward.at(); node <= last && !deadline.isPast(); node++) {
      join(node, deadline);
    }
    return deadline.isPast() ? Double.NEGATIVE_INFINITY : droppedBound();
  }

  private double droppedBound() {
    return Math.min(forward.droppedBound(), backward.droppedBound());
  }

  private void join(int node, Deadline deadline) {
    int first = forward.kept(node);
    if (first == 0 || backward.kept(problem.graph.lastNode() - node) == 0) {
      return;
    }
    LabelTree tree = backwardTree(node);
    double[] sums = new double[constraints.size() + 2];
    for (int label = 0; label < first; label++) {
      forward.copySums(node, label, sums, 1);
      sums[0] = length(sums, 1);
      double[] limits = limits(sums);
      int half = label;
      boolean going =
          tree.visit(
              limits,
              // Not a lambda: to link one takes longer than many a search.
              new IntPredicate() {
                @Override
                public boolean test(int partner) {
                  if (incumbent.offer(path(node, half, partner))) {
                    lowerObjective(limits, sums);
                  }
                  return !deadline.isPast();
                }
              });
      if (!going) {
        return;
      }
    }
  }

  /** Returns the labels of a node from the last node, by Lagrangian length and sums. */
  private LabelTree backwardTree(int node) {
    int reversedNode = problem.graph.lastNode() - node;
    int[] labels = new int[backward.kept(reversedNode)];
    int elements = constraints.size() + 2;
    double[] points = new double[labels.length * elements];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = i;
      backward.copySums(reversedNode, i, points, i * elements + 1);
      points[i * elements] = length(points, i * elements + 1);
    }
    return new LabelTree(points, labels, weights(elements));
  }

  /** Weighs each sum by its multiplier: constraints that bind most leave least room. */
  private double[] weights(int elements) {
    double[] weights = new double[elements];
    weights[0] = BOUND_WEIGHT;
    weights[1] = 1;
    System.arraycopy(multipliers, 0, weights, 2, constraints.size());
    return weights;
  }

  /** Returns the Lagrangian length of a run of sums: objective plus multipliers times sums. */
  private double length(double[] sums, int at) {
    double length = sums[at];
    for (int i = 0; i < constraints.size(); i++) {
      length += multipliers[i] * sums[at + 1 + i];
    }
    return length;
  }

  /** Returns how much the other half may have of each element. */
  private double[] limits(double[] sums) {
    double[] limits = new double[sums.length];
    for (int i = 0; i < constraints.size(); i++) {
      limits[2 + i] = constraints.limits[i] + constraints.fixed[i] - sums[2 + i];
    }
    lowerObjective(limits, sums);
    return limits;
  }

  private void lowerObjective(double[] limits, double[] sums) {
    double cutoff = cutoff() - problem.offset;
    limits[1] = cutoff - sums[1];
    limits[0] = cutoff - sums[0];
    for (int i = 0; i < constraints.size(); i++) {
      limits[0] += multipliers[i] * (constraints.limits[i] + constraints.fixed[i]);
    }
  }

  private Path path(int node, int label, int partner) {
    int[] before = forward.arcsBackFrom(node, label);
    int[] after = backward.arcsBackFrom(problem.graph.lastNode() - node, partner);
    return problem.originals.pathOfOriginals(Ints.concat(before, after));
  }
}
