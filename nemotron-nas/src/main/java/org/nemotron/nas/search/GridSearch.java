package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.Optional;

/** Solves a problem under every pair of limits on two costs. */
final class GridSearch {
  private final SearchProblem problem;
  private final LayerGraph network;
  private final Solver solver;
  private final double relativeGap;
  private final Deadline deadline;
  private final SearchListener listener;

  GridSearch(
      SearchProblem problem,
      Solver solver,
      double relativeGap,
      Deadline deadline,
      SearchListener listener) {
    this.problem = problem;
    this.network = LayerGraph.of(problem);
    this.solver = solver;
    this.relativeGap = relativeGap;
    this.deadline = deadline;
    this.listener = listener;
  }

  FrontierGrid evenly(String cost, int points, String otherCost, int otherPoints) {
    Constraint one = network.costRow(cost, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
    Constraint other =
        network.costRow(otherCost, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
    ImmutableList<Double> limits = Limits.evenly(network, one, points, solver, deadline);
    ImmutableList<Double> otherLimits =
        Limits.evenly(network, other, otherPoints, solver, deadline);
    ImmutableList.Builder<FrontierGrid.Cell> cells = ImmutableList.builder();
    boolean complete = true;
    int done = 0;
    for (double limit : limits) {
      for (double otherLimit : otherLimits) {
        SolverAnswer answer = solver.solve(within(one, limit, other, otherLimit), deadline);
        complete &= !(answer instanceof SolverAnswer.Stopped);
        Optional<Solution> solution = solution(answer);
        complete &= solution.map(found -> found.gap() <= relativeGap).orElse(true);
        solution.ifPresent(found -> cells.add(new FrontierGrid.Cell(limit, otherLimit, found)));
        done++;
        listener.onProgress(
            new SearchListener.Progress(done, points * otherPoints, deadline.elapsed()));
      }
    }
    return new FrontierGrid(
        cost, otherCost, cells.build(), complete && !deadline.isPast(), deadline.elapsed());
  }

  private LayerGraph within(Constraint one, double limit, Constraint other, double otherLimit) {
    return network
        .plusRow(one.between(Double.NEGATIVE_INFINITY, limit))
        .plusRow(other.between(Double.NEGATIVE_INFINITY, otherLimit));
  }

  private Optional<Solution> solution(SolverAnswer answer) {
    return answer instanceof SolverAnswer.Best best
        ? Optional.of(Solutions.of(problem, network, best.path(), best.bound()))
        : Optional.empty();
  }
}
