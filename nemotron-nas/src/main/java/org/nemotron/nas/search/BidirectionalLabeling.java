package org.nemotron.nas.search;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Searches from both ends to a node in the middle and joins what meets there.
 *
 * <p>The number of labels grows with the exponential of the square root of the number of arcs still
 * in question; halving that number is worth far more than the joining costs.
 */
final class BidirectionalLabeling {
  /** Bounds lie within the gap, sums far apart: this brings them to a like spread. */
  private static final double BOUND_WEIGHT = 10;

  private final ReducedProblem core;
  private final Multipliers dual;
  private final Incumbent incumbent;
  private final ForwardLabeling ahead;
  private final ForwardLabeling back;
  private final double ceiling;

  /**
   * @param duals multipliers of the core, the best first
   * @param ceiling no path is as bad as this
   * @param width how many labels a node keeps
   * @param strict whether rounding counts as a difference between labels
   */
  BidirectionalLabeling(
      ReducedProblem core,
      List<Multipliers> duals,
      Incumbent incumbent,
      double ceiling,
      int width,
      boolean strict) {
    this.core = core;
    this.dual = duals.get(0);
    this.incumbent = incumbent;
    this.ceiling = ceiling;
    double cutoff = cutoff();
    this.ahead = new ForwardLabeling(core, duals, cutoff, width, strict);
    this.back = new ForwardLabeling(core.reversed(), duals, cutoff, width, strict);
  }

  private double cutoff() {
    return Math.min(ceiling, incumbent.cutoff(core));
  }

  /**
   * Offers every better path to the incumbent.
   *
   * @return a bound on all paths that were not looked at, infinite when there is none
   */
  double run(Deadline deadline) {
    return run(deadline, Double.NEGATIVE_INFINITY);
  }

  /**
   * Offers every better path to the incumbent, unless it must give up.
   *
   * @param enough give up as soon as a path whose bound is below this must be dropped
   * @return a bound on all paths that were not looked at, infinite when there is none
   */
  double run(Deadline deadline, double enough) {
    while (ahead.at() + back.at() < core.nodes && !deadline.isPast()) {
      (ahead.settle() <= back.settle() ? ahead : back).advance();
      if (droppedBound() < enough) {
        return droppedBound();
      }
    }
    if (deadline.isPast()) {
      return Double.NEGATIVE_INFINITY;
    }
    ahead.settleRest();
    back.settleRest();
    for (int node = ahead.at(); node <= core.nodes && !deadline.isPast(); node++) {
      join(node, deadline);
    }
    return deadline.isPast() ? Double.NEGATIVE_INFINITY : droppedBound();
  }

  private double droppedBound() {
    return Math.min(ahead.droppedBound(), back.droppedBound());
  }

  private void join(int node, Deadline deadline) {
    int[] first = ahead.kept(node);
    int[] second = back.kept(core.nodes - node).clone();
    if (first.length == 0 || second.length == 0) {
      return;
    }
    int elements = core.rows() + 2;
    double[] points = new double[second.length * elements];
    for (int i = 0; i < second.length; i++) {
      back.copySums(core.nodes - node, second[i], points, i * elements + 1);
      points[i * elements] = charged(points, i * elements + 1);
    }
    LabelTree tree = new LabelTree(points, second, weights(elements));
    double[] sums = new double[elements];
    for (int label : first) {
      ahead.copySums(node, label, sums, 1);
      sums[0] = charged(sums, 1);
      double[] limits = limits(sums);
      boolean going =
          tree.visit(
              limits,
              // Not a lambda: to link one takes longer than many a search.
              new IntPredicate() {
                @Override
                public boolean test(int partner) {
                  if (incumbent.offer(path(node, label, partner))) {
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

  /** Weighs each element by its price: what is dear leaves least room. */
  private double[] weights(int elements) {
    double[] weights = new double[elements];
    weights[0] = BOUND_WEIGHT;
    weights[1] = 1;
    for (int row = 0; row < core.rows(); row++) {
      weights[2 + row] = dual.multipliers[row];
    }
    return weights;
  }

  /** Returns objective plus charged rows of a run of sums. */
  private double charged(double[] sums, int at) {
    double charged = sums[at];
    for (int row = 0; row < core.rows(); row++) {
      charged += dual.multipliers[row] * sums[at + 1 + row];
    }
    return charged;
  }

  /** Returns how much the other half may have of each element. */
  private double[] limits(double[] sums) {
    double[] limits = new double[sums.length];
    for (int row = 0; row < core.rows(); row++) {
      limits[2 + row] = core.limits[row] + core.fixed[row] - sums[2 + row];
    }
    lowerObjective(limits, sums);
    return limits;
  }

  private void lowerObjective(double[] limits, double[] sums) {
    double cutoff = cutoff() - core.offset;
    limits[1] = cutoff - sums[1];
    limits[0] = cutoff - sums[0];
    for (int row = 0; row < core.rows(); row++) {
      limits[0] += dual.multipliers[row] * (core.limits[row] + core.fixed[row]);
    }
  }

  private Path path(int node, int label, int partner) {
    int[] before = ahead.arcsBackFrom(node, label);
    int[] after = back.arcsBackFrom(core.nodes - node, partner);
    int[] arcs = Arrays.copyOf(core.forced, core.forced.length + before.length + after.length);
    System.arraycopy(before, 0, arcs, core.forced.length, before.length);
    System.arraycopy(after, 0, arcs, core.forced.length + before.length, after.length);
    Arrays.sort(arcs);
    return Path.of(arcs);
  }
}
