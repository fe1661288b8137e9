package org.nemotron.nas.search.graph;

/** A series that solves every problem from the beginning. */
public final class FreshSeries implements Series {
  private final Solver solver;
  private PathProblem problem;

  /** Makes the series that begins with the best path of {@code problem}. */
  public FreshSeries(Solver solver, PathProblem problem) {
    this.solver = solver;
    this.problem = problem;
  }

  @Override
  public SolverAnswer next(Deadline deadline, SolveListener listener) {
    return solver.solve(problem, deadline, listener);
  }

  @Override
  public void add(Constraint constraint) {
    problem = problem.plus(constraint);
  }
}
