package org.nemotron.nas.search;

/** Finds the best path of a network. */
interface Solver {
  /** Returns the best path with its proof, or what is known when the deadline passes. */
  Answer solve(Network network, Deadline deadline);
}
