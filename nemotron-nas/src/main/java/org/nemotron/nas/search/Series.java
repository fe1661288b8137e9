package org.nemotron.nas.search;

/** Finds the best path of a network, and then, as further rows are demanded, the next best ones. */
interface Series {
  /**
   * Returns the best path that meets all rows so far, or what is known when the deadline passes.
   */
  SolverAnswer next(Deadline deadline);

  /** Demands that every path from now on meets {@code row} as well. */
  void demand(Constraint row);
}
