package org.nemotron.nas.search;

/** Finds the best path of a network. */
interface Solver {
  /** Returns the best path with its proof, or what is known when the deadline passes. */
  SolverAnswer solve(LayerGraph network, Deadline deadline);

  /** Returns the series that begins with the best path of {@code network}. */
  default Series series(LayerGraph network) {
    return new FreshSeries(this, network);
  }
}
