package org.nemotron.nas.search.graph;

/** Solves a {@link PathProblem} again and again, with more constraints each time. */
public interface Series {
  /** Returns the best path under all constraints so far, or what is proven until the deadline. */
  SolverAnswer next(Deadline deadline, SolveListener listener);

  /** Adds a constraint for all further answers. */
  void add(Constraint constraint);
}
