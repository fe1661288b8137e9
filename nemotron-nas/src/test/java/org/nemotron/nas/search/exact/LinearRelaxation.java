package org.nemotron.nas.search.exact;

import org.nemotron.nas.search.PathProblems;
import org.nemotron.nas.search.SearchProblem;

/** The linear relaxation of a search problem, for laws that compare with it. */
public final class LinearRelaxation {
  private static final double PRECISION = 1e-12;

  private LinearRelaxation() {}

  /** Returns the optimum of the relaxation: a lower bound on every score. */
  public static double bound(SearchProblem problem) {
    ReducedProblem reduced = ReducedProblem.of(PathProblems.of(problem));
    double[] zero = new double[reduced.constraints.size()];
    return ColumnGeneration.solve(reduced, zero, Double.POSITIVE_INFINITY, PRECISION).bound
        / reduced.scale;
  }
}
