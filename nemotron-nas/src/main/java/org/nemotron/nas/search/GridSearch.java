package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
  private final KnownPaths known;
  private boolean complete = true;
  private int done;

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
    this.known = new KnownPaths(solver, relativeGap, deadline, listener);
  }

  FrontierGrid evenly(String cost, int points, String otherCost, int otherPoints) {
    Constraint one = formulation.cost(cost);
    Constraint other = formulation.cost(otherCost);
    int problems = points * otherPoints + 3; // the cells, and the three that limit them
    SolverAnswer loosest = known.solve(formulation.paths(), Double.NEGATIVE_INFINITY, problems--);
    List<FrontierGrid.Cell> cells = new ArrayList<>();
    note(loosest);
    if (loosest instanceof SolverAnswer.Best best) {
      ImmutableList<Double> limits = limits(one, points, best, problems--);
      ImmutableList<Double> otherLimits = limits(other, otherPoints, best, problems--);
      double[] looser = new double[otherPoints]; // the bounds under the next looser limit on one
      Arrays.fill(looser, best.bound());
      for (double limit : limits.reverse()) {
        double bound = best.bound();
        for (int at = otherPoints - 1; at >= 0 && !deadline.cancelled(); at--) {
          double otherLimit = otherLimits.get(at);
          SolverAnswer answer =
              known.solve(
                  within(one, limit, other, otherLimit), Math.max(bound, looser[at]), problems--);
          note(answer);
          if (answer instanceof SolverAnswer.Best found) {
            Solution solution = Solutions.of(formulation, found.path(), found.bound());
            cells.add(0, new FrontierGrid.Cell(limit, otherLimit, solution));
            bound = found.bound();
            looser[at] = bound;
          }
          done++;
          listener.onProgress(
              new SearchListener.Progress(done, points * otherPoints, deadline.elapsed()));
        }
      }
    }
    return new FrontierGrid(
        cost,
        otherCost,
        ImmutableList.copyOf(cells),
        complete && !deadline.isPast(),
        deadline.elapsed());
  }

  /** Notes whether an answer is proven. */
  private void note(SolverAnswer answer) {
    complete &= !(answer instanceof SolverAnswer.Stopped);
    if (answer instanceof SolverAnswer.Best best) {
      Solution solution = Solutions.of(formulation, best.path(), best.bound());
      complete &= solution.gap() <= relativeGap;
    }
  }

  private ImmutableList<Double> limits(
      Constraint cost, int points, SolverAnswer.Best best, int problems) {
    return CostLimits.evenly(
        formulation.paths(), cost, best.path(), points, solver, known, deadline.shared(problems));
  }

  private PathProblem within(Constraint one, double limit, Constraint other, double otherLimit) {
    return formulation.paths().plus(one.upTo(limit)).plus(other.upTo(otherLimit));
  }
}
