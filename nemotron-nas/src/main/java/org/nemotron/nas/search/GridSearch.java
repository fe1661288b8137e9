package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.nas.search.graph.Constraint;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.Solver;
import org.nemotron.nas.search.graph.SolverAnswer;

/** Solves a problem under every pair of limits on two costs. */
final class GridSearch {
  private static final SolverAnswer UNKNOWN = new SolverAnswer.Stopped(Double.NEGATIVE_INFINITY);

  private final Formulation formulation;
  private final Solver solver;
  private final Proofs proofs;
  private final Deadline deadline;
  private final SearchListener listener;
  private final KnownPaths known;

  GridSearch(
      SearchProblem problem,
      Solver solver,
      double relativeGap,
      Deadline deadline,
      SearchListener listener) {
    this.formulation = Formulation.of(problem);
    this.solver = solver;
    this.proofs = new Proofs(relativeGap);
    this.deadline = deadline;
    this.listener = listener;
    this.known = new KnownPaths(solver, relativeGap, deadline, listener);
  }

  FrontierGrid evenly(String cost, int points, String otherCost, int otherPoints) {
    Constraint one = formulation.cost(cost);
    Constraint other = formulation.cost(otherCost);
    LimitedProblems problems = new LimitedProblems(known, deadline);
    int left = points * otherPoints + 3; // the cells, and the three that limit them
    int loosest = problems.add(formulation.paths(), left--);
    SolverAnswer first = problems.answer(loosest);
    List<Asked> asked = new ArrayList<>();
    if (!(first instanceof SolverAnswer.None)) {
      CostLimits.Range range = range(one, points, first, left--);
      CostLimits.Range otherRange = range(other, otherPoints, first, left--);
      for (double limit : range.values().reverse()) {
        for (double otherLimit : otherRange.values().reverse()) {
          int number = -1;
          if (!deadline.cancelled()) {
            int cell = asked.size();
            int above = cell < otherPoints ? loosest : asked.get(cell - otherPoints).number();
            int beside = cell % otherPoints == 0 ? loosest : asked.get(cell - 1).number();
            number = problems.add(within(one, limit, other, otherLimit), left--, above, beside);
            listener.onProgress(
                new SearchListener.Progress(cell + 1, points * otherPoints, deadline.elapsed()));
          }
          asked.add(new Asked(limit, otherLimit, number));
        }
      }
      problems.useRest();
      noteRanges(one, range, other, otherRange, first, problems.answer(loosest));
    }
    return grid(cost, otherCost, asked, problems);
  }

  /**
   * A cell of the grid.
   *
   * @param number that of its problem, -1 when the caller cancelled before
   */
  private record Asked(double limit, double otherLimit, int number) {}

  private FrontierGrid grid(
      String cost, String otherCost, List<Asked> asked, LimitedProblems problems) {
    List<FrontierGrid.Cell> cells = new ArrayList<>();
    for (Asked cell : asked) {
      String words =
          Proofs.limit(cost, cell.limit()) + " and " + Proofs.limit(otherCost, cell.otherLimit());
      SolverAnswer answer = cell.number() < 0 ? UNKNOWN : problems.answer(cell.number());
      if (answer instanceof SolverAnswer.Best best) {
        Solution solution = Solutions.of(formulation, best.path(), best.bound());
        proofs.note(words, solution);
        cells.add(0, new FrontierGrid.Cell(cell.limit(), cell.otherLimit(), solution));
      } else if (answer instanceof SolverAnswer.Stopped) {
        proofs.noteNothing(words);
      }
    }
    return new FrontierGrid(
        cost,
        otherCost,
        ImmutableList.copyOf(cells),
        proofs.isComplete(),
        proofs.unproven(),
        deadline.elapsed());
  }

  private void noteRanges(
      Constraint one,
      CostLimits.Range range,
      Constraint other,
      CostLimits.Range otherRange,
      SolverAnswer first,
      SolverAnswer last) {
    boolean greatest = proofs.isUnchanged(formulation, first, last);
    proofs.noteRange(one.name(), range, greatest);
    proofs.noteRange(other.name(), otherRange, greatest);
  }

  private CostLimits.Range range(Constraint cost, int points, SolverAnswer best, int left) {
    return CostLimits.evenly(
        formulation.paths(), cost, best, points, solver, known, deadline.shared(left));
  }

  private PathProblem within(Constraint one, double limit, Constraint other, double otherLimit) {
    return formulation.paths().plus(one.upTo(limit)).plus(other.upTo(otherLimit));
  }
}
