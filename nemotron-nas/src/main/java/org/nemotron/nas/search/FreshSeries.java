package org.nemotron.nas.search;

/** A series that solves every problem from the beginning. */
final class FreshSeries implements Series {
  private final Solver solver;
  private LayerGraph network;

  FreshSeries(Solver solver, LayerGraph network) {
    this.solver = solver;
    this.network = network;
  }

  @Override
  public SolverAnswer next(Deadline deadline) {
    return solver.solve(network, deadline);
  }

  @Override
  public void demand(Constraint row) {
    network = network.plusRow(row);
  }
}
