package org.nemotron.nas.search.graph;

/** The result of a {@link Solver}. */
public sealed interface SolverAnswer {

  /**
   * A path that satisfies every constraint, and a proof of how good it is.
   *
   * @param path the best path known
   * @param bound a lower bound on the objective of every path; the objective of {@code path} when
   *     it is proven to be the best
   */
  record Best(Path path, double bound) implements SolverAnswer {}

  /** No path satisfies every constraint. */
  record None() implements SolverAnswer {}

  /**
   * Stopped without a path.
   *
   * @param bound a lower bound on the objective of every path
   */
  record Stopped(double bound) implements SolverAnswer {}
}
