package org.nemotron.nas.search.graph;

import java.util.List;

/** Finds the best path of a {@link PathProblem}. */
public interface Solver {
  /**
   * Returns the best path with its proof, or what is proven until the deadline.
   *
   * @param problem the paths to choose from
   * @param deadline when to stop
   * @param listener receives what is known before that
   */
  SolverAnswer solve(PathProblem problem, Deadline deadline, SolveListener listener);

  /** Returns the best path with its proof, or what is proven until the deadline. */
  default SolverAnswer solve(PathProblem problem, Deadline deadline) {
    return solve(problem, deadline, SolveListener.SILENT);
  }

  /**
   * Returns the best path with its proof, or what is proven until the deadline.
   *
   * @param known paths that satisfy every constraint, which a solver may begin with
   */
  default SolverAnswer solveFrom(
      List<Path> known, PathProblem problem, Deadline deadline, SolveListener listener) {
    return solve(problem, deadline, listener);
  }

  /** Returns the series that begins with the best path of {@code problem}. */
  default Series series(PathProblem problem) {
    return new FreshSeries(this, problem);
  }
}
