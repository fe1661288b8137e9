package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import org.nemotron.nas.search.graph.Constraint;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.Solver;
import org.nemotron.nas.search.graph.SolverAnswer;

/** Solves a problem under every pair of limits on two costs. */
final class GridSearch {
  private final Formulation formulation;
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
    this.formulation = Formulation.of(problem);
    this.solver = solver;
    this.relativeGap = relativeGap;
    this.deadline = deadline;
    this.listener = listener;
  }

  FrontierGrid evenly(String cost, int points, String otherCost, int otherPoints) {
    Constraint one = formulation.cost(cost);
    Constraint other = formulation.cost(otherCost);
    ImmutableList<Double> limits = limits(one, points);
    ImmutableList<Double> otherLimits = limits(other, otherPoints);
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

  private ImmutableList<Double> limits(Constraint cost, int points) {
    return CostLimits.evenly(formulation.paths(), cost, points, solver, deadline);
  }

  private PathProblem within(Constraint one, double limit, Constraint other, double otherLimit) {
    return formulation.paths().plus(one.upTo(limit)).plus(other.upTo(otherLimit));
  }

  private Optional<Solution> solution(SolverAnswer answer) {
    return answer instanceof SolverAnswer.Best best
        ? Optional.of(Solutions.of(formulation, best.path(), best.bound()))
        : Optional.empty();
  }
}
