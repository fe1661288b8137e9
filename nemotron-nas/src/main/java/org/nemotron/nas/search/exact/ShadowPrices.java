package org.nemotron.nas.search.exact;

import org.nemotron.nas.search.graph.PathProblem;

/** The shadow prices of the limits of a problem, from its linear relaxation. Immutable. */
public final class ShadowPrices {
  private static final double PRECISION = 1e-12;

  private final ReducedProblem problem;
  private final Multipliers optimal;

  private ShadowPrices(ReducedProblem problem, Multipliers optimal) {
    this.problem = problem;
    this.optimal = optimal;
  }

  /** Returns the shadow prices of a problem. */
  public static ShadowPrices of(PathProblem problem) {
    ReducedProblem whole = ReducedProblem.of(problem);
    double[] zero = new double[whole.constraints.size()];
    return new ShadowPrices(
        whole, ColumnGeneration.solve(whole, zero, Double.POSITIVE_INFINITY, PRECISION));
  }

  /**
   * Returns by how much the objective falls when a limit is loosened by one unit, 0 when the limit
   * does not bind.
   *
   * @param constraint the index of the constraint
   * @param sign 1 for its upper limit, -1 for its lower one
   */
  public double of(int constraint, int sign) {
    double price = 0;
    for (int i = 0; i < problem.constraints.size(); i++) {
      Constraints.Side side = problem.constraints.side(i);
      if (side.constraint() == constraint && side.factor() * sign > 0) {
        price = optimal.values[i] * Math.abs(side.factor()) / problem.scale;
      }
    }
    return price;
  }
}
