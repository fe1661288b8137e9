package org.nemotron.nas.search.exact;

import com.google.common.collect.ImmutableList;
import java.util.List;

/**
 * Finds the multipliers that prove the greatest Lagrangian bound of a problem.
 *
 * <p>With a multiplier on every constraint, the path of least Lagrangian length bounds every path
 * that satisfies the constraints; the best multipliers give the bound of the linear relaxation,
 * because the corners of the path polytope are paths.
 */
final class ColumnGeneration {
  /*
   * Method. Dantzig-Wolfe decomposition: a restricted master problem combines the paths generated
   * so far so that the combination satisfies the constraints. Pricing finds the path to enter next,
   * a shortest path at the current multipliers, and with it a bound at those multipliers.
   *
   * Why. The bound is right for any multipliers that are not negative, so neither the tolerances of
   * the simplex method nor an early stop can make it wrong. Paths need no special case for
   * alternatives that cover several layers.
   *
   * Multipliers oscillate when constraints are many; pricing at a mean of the best multipliers so
   * far and the current ones damps this (stabilization by smoothing, Wentges, 1997).
   */
  private final ReducedProblem problem;
  private final double[] lengths;

  /** How many shortest paths were found. */
  private int priced;

  private double bestBound = Double.NEGATIVE_INFINITY;
  private double[] best;

  private ColumnGeneration(ReducedProblem problem, double[] start) {
    this.problem = problem;
    this.lengths = new double[problem.arcs()];
    this.best = start.clone();
  }

  /**
   * Returns the best multipliers found and their bound.
   *
   * @param start where to begin, not negative
   * @param enough stop as soon as the bound reaches this
   * @param precision stop when the greatest bound there is is nearer than this
   */
  static Multipliers solve(
      ReducedProblem problem, double[] start, double enough, double precision) {
    return solve(problem, start, ImmutableList.of(), enough, precision, Integer.MAX_VALUE);
  }

  /**
   * Returns the best multipliers found and their bound.
   *
   * @param start where to begin, not negative
   * @param known paths to combine before others are generated
   * @param enough stop as soon as the bound reaches this
   * @param precision stop when the greatest bound there is is nearer than this
   * @param mostPaths how many shortest paths to find at most
   */
  static Multipliers solve(
      ReducedProblem problem,
      double[] start,
      List<int[]> known,
      double enough,
      double precision,
      int mostPaths) {
    ColumnGeneration generation = new ColumnGeneration(problem, start);
    int[] first = generation.price(generation.best);
    if (first.length == 0) {
      return new Multipliers(
          Double.POSITIVE_INFINITY, generation.best, ImmutableList.of(), new double[0]);
    }
    RestrictedMaster master = new RestrictedMaster(problem, first, known);
    generation.run(master, enough, precision, mostPaths);
    return new Multipliers(generation.bestBound, generation.best, master.paths(), master.weights());
  }

  private void run(RestrictedMaster master, double enough, double precision, int mostPaths) {
    double smoothing = 0.5;
    int limit = 100 + 30 * (problem.constraints.size() + 1);
    for (int step = 0; step < limit && priced < mostPaths && bestBound < enough; step++) {
      double[] duals = master.duals();
      if (master.enterSlackOrViolation(duals) || master.enterKnown(duals)) {
        continue;
      }
      double[] multipliers = master.multipliers(duals);
      if (master.objective() - bestBound < precision && !master.raisePenalty()) {
        return;
      }
      int[] path = price(mean(best, multipliers, smoothing));
      if (master.enterPath(path, duals)) {
        smoothing = Math.min(0.5, smoothing + 0.1);
      } else {
        path = smoothing == 0 ? path : price(multipliers);
        smoothing = 0;
        if (!master.enterPath(path, duals) && !master.raisePenalty()) {
          return;
        }
      }
    }
  }

  private static double[] mean(double[] one, double[] other, double share) {
    double[] mean = new double[one.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = share * one[i] + (1 - share) * other[i];
    }
    return mean;
  }

  /**
   * Returns a path of least Lagrangian length, empty when there is no path; keeps the multipliers
   * when their bound is the greatest so far.
   */
  private int[] price(double[] multipliers) {
    priced++;
    problem.fillLengths(lengths, multipliers);
    double[] shortest = problem.graph.shortestToEnd(lengths);
    if (shortest[0] == Double.POSITIVE_INFINITY) {
      return new int[0];
    }
    double bound = problem.bound(shortest[0], multipliers);
    if (bound > bestBound) {
      bestBound = bound;
      best = multipliers.clone();
    }
    return problem.graph.shortestPath(lengths, shortest);
  }
}
