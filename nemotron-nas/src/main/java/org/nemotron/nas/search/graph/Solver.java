package org.nemotron.nas.search.graph;

/** Finds the best path of a {@link PathProblem}. */
public interface Solver {
  /**
   * Returns the best path with its proof, or what is proven until the deadline.
   *
   * @param problem the paths to choose from
   * @param deadline when to stop
   */
  SolverAnswer solve(PathProblem problem, Deadline deadline);

  /** Returns the series that begins with the best path of {@code problem}. */
  default Series series(PathProblem problem) {
    return new FreshSeries(this, problem);
  }
}
