package org.nemotron.nas.search;

/** A series that solves every problem from the beginning. */
final class FreshSeries implements Series {
  private final Solver solver;
  private Network network;

  FreshSeries(Solver solver, Network network) {
    this.solver = solver;
    this.network = network;
  }

  @Override
  public Answer next(Deadline deadline) {
    return solver.solve(network, deadline);
  }

  @Override
  public void demand(Row row) {
    network = network.plusRow(row);
  }
}
