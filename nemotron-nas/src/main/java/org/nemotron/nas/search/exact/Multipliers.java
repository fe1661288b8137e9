package org.nemotron.nas.search.exact;

import com.google.common.collect.ImmutableList;

/**
 * Lagrangian multipliers of the constraints of a {@link ReducedProblem}, and the bound they prove.
 */
final class Multipliers {
  /** No path that satisfies the constraints has a lower objective. */
  final double bound;

  /** By constraint, not negative. */
  final double[] values;

  /**
   * Paths, as arcs of the reduced problem, of which a convex combination satisfies the constraints
   * and has the bound as its objective; none when the multipliers are not optimal.
   */
  final ImmutableList<int[]> paths;

  /** The weight of each path in the convex combination. */
  final double[] weights;

  Multipliers(double bound, double[] values, ImmutableList<int[]> paths, double[] weights) {
    this.bound = bound;
    this.values = values;
    this.paths = paths;
    this.weights = weights;
  }

  /** Returns multipliers with the bound that they prove for a problem. */
  static Multipliers at(ReducedProblem problem, double[] values) {
    double shortest = problem.graph.shortestToEnd(problem.lengths(values))[0];
    return new Multipliers(
        problem.bound(shortest, values), values, ImmutableList.of(), new double[0]);
  }

  /** Returns the reduced cost of each arc: how far above the bound the best path through it is. */
  double[] reducedCosts(ReducedProblem problem) {
    double[] lengths = problem.lengths(values);
    double[] start = problem.graph.shortestFromStart(lengths);
    double[] end = problem.graph.shortestToEnd(lengths);
    double[] reducedCosts = new double[lengths.length];
    for (int arc = 0; arc < reducedCosts.length; arc++) {
      reducedCosts[arc] =
          start[problem.graph.from(arc)] + lengths[arc] + end[problem.graph.to(arc)] - end[0];
    }
    return reducedCosts;
  }

  /** Returns the total weight of the paths that have each arc. */
  double[] arcWeights(ReducedProblem problem) {
    double[] arcWeights = new double[problem.arcs()];
    for (int i = 0; i < weights.length; i++) {
      for (int arc : paths.get(i)) {
        arcWeights[arc] += weights[i];
      }
    }
    return arcWeights;
  }
}
