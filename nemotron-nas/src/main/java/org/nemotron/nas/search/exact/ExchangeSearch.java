package org.nemotron.nas.search.exact;

import org.nemotron.nas.search.graph.Deadline;

/**
 * Finds good paths, but proves nothing: exchanges one arc after the other, toward the limits and
 * toward a lesser objective by turns.
 *
 * <p>Source: tabu search with strategic oscillation (Glover, 1989).
 */
final class ExchangeSearch {
  /*
   * Method. Every step takes the exchange after which objective plus weighted excess is least, also
   * when that is more than before; a node that was changed rests for some steps, so that the search
   * does not go back. The weights of violated constraints rise until the path satisfies them, and
   * fall while it does. They begin at the Lagrangian multipliers, at which objective and excess
   * are worth the same.
   *
   * Why. Where costs are small whole numbers, thousands of labels have the same bound, and those of
   * a narrow labeling may all lie beyond the same limit. Exchanges do not depend on what is kept.
   */
  /** How many steps to the next path that is nearer to the limits, or better, for each node. */
  private static final int PATIENCE = 5;

  /** How many more steps in any case. */
  private static final int LEAST_PATIENCE = 300;

  /** The least weight of an excess, where most arcs have an objective below one. */
  private static final double LEAST_WEIGHT = 1e-3;

  private static final double RISE = 1.2;
  private static final double FALL = 0.95;

  /** How many steps a node rests at most. */
  private static final int LONGEST_REST = 12;

  private final ReducedProblem problem;
  private final Incumbent incumbent;
  private final double[] limits;
  private final double[] weights;
  private final PathDraft draft;
  private final double[] change;

  /** By node: the step from which on it may change again. */
  private final int[] rested;

  private final int rest;

  ExchangeSearch(ReducedProblem problem, Multipliers best, Incumbent incumbent) {
    this.problem = problem;
    this.incumbent = incumbent;
    this.limits = problem.constraints.limits.clone();
    this.weights = new double[limits.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = Math.max(LEAST_WEIGHT, best.values[i]);
    }
    this.draft = new PathDraft(problem, problem.lengths(best.values));
    this.change = new double[draft.size()];
    this.rested = new int[problem.graph.lastNode()];
    this.rest = Math.min(LONGEST_REST, problem.graph.lastNode() / 4);
    draft.begin(new Rounding(problem, best, draft).arcOfNode());
  }

  /**
   * Offers paths to the incumbent until none nearer to the limits, or better, comes for a while.
   */
  void run(Deadline deadline) {
    int patience = LEAST_PATIENCE + PATIENCE * problem.graph.lastNode();
    int last = patience;
    double nearest = Double.POSITIVE_INFINITY;
    for (int step = 1; step <= last && !deadline.isPast(); step++) {
      double excess = excess();
      if (excess == 0 ? offer() : excess < nearest) {
        last = step + patience;
      }
      nearest = Math.min(nearest, excess);
      adapt();
      int arc = bestExchange(step);
      if (arc >= 0) {
        rested[problem.graph.from(arc)] = step + 1 + rest;
        draft.take(arc);
      }
    }
  }

  /** Returns by how much the path exceeds its limits, in units of the largest coefficients. */
  private double excess() {
    double excess = 0;
    for (int i = 0; i < limits.length; i++) {
      excess += Math.max(0, draft.sum(i) - limits[i]);
    }
    return excess;
  }

  private boolean offer() {
    if (problem.offset + draft.sum(limits.length) >= incumbent.cutoff(problem)) {
      return false;
    }
    if (incumbent.offer(problem.originals.path(draft.arcs()))) {
      return true;
    }
    for (int i = 0; i < limits.length; i++) {
      limits[i] = problem.constraints.safeLimit(i); // it satisfied the widened limits only
    }
    return false;
  }

  private void adapt() {
    for (int i = 0; i < limits.length; i++) {
      if (draft.sum(i) > limits[i]) {
        weights[i] *= RISE;
      } else {
        weights[i] = Math.max(LEAST_WEIGHT, weights[i] * FALL);
      }
    }
  }

  private int bestExchange(int step) {
    int best = -1;
    double least = Double.POSITIVE_INFINITY;
    for (int node = 0; node < rested.length; node++) {
      if (draft.leaving(node) < 0 || rested[node] > step) {
        continue;
      }
      for (int arc = problem.graph.firstArc(node); arc < problem.graph.endArc(node); arc++) {
        if (draft.canTake(arc)) {
          double merit = merit(arc);
          if (merit < least) {
            least = merit;
            best = arc;
          }
        }
      }
    }
    return best;
  }

  private double merit(int arc) {
    draft.fillChange(arc, change);
    double merit = change[limits.length];
    for (int i = 0; i < limits.length; i++) {
      double excess = draft.sum(i) + change[i] - limits[i];
      if (excess > 0) {
        merit += weights[i] * excess;
      }
    }
    return merit;
  }
}
