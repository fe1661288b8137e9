package org.nemotron.nas.search;

/** What a {@link Solver} found out about a {@link LayerGraph}. */
sealed interface SolverAnswer {

  /**
   * A path that meets every row, and a proof of how good it is.
   *
   * @param path the best path known
   * @param bound no path has an objective below this; the objective of {@code path} when it is
   *     proven to be the best
   */
  record Best(Path path, double bound) implements SolverAnswer {}

  /** No path meets every row. */
  record None() implements SolverAnswer {}

  /**
   * Stopped without a path.
   *
   * @param bound no path has an objective below this
   */
  record Stopped(double bound) implements SolverAnswer {}
}
