package org.nemotron.nas.search;

import org.nemotron.nas.search.graph.PathProblem;

/** Search problems as path problems, for tests of the solvers. */
public final class PathProblems {
  private PathProblems() {}

  /** Returns the path problem of a search problem. */
  public static PathProblem of(SearchProblem problem) {
    return Formulation.of(problem).paths();
  }
}
