package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nemotron.nas.search.SearchOutcome.Ending;
import org.nemotron.nas.search.exact.ExactSolver;
import org.nemotron.nas.search.graph.Constraint;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.FreshSeries;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.Series;
import org.nemotron.nas.search.graph.Solver;
import org.nemotron.nas.search.graph.SolverAnswer;

/** Finds solutions one after the other, each far enough from the earlier ones. */
final class DiverseSearch {
  private final SearchProblem problem;
  private final Formulation formulation;
  private final Solver solver;
  private final Solver exact = new ExactSolver();
  private final Optional<TieBreak> tieBreak;
  private final Deadline deadline;
  private final SearchListener listener;

  DiverseSearch(
      SearchProblem problem,
      Solver solver,
      Optional<TieBreak> tieBreak,
      Deadline deadline,
      SearchListener listener) {
    this.problem = problem;
    this.formulation = Formulation.of(problem);
    this.solver = solver;
    this.tieBreak = tieBreak;
    this.deadline = deadline;
    this.listener = listener;
  }

  SearchOutcome solve() {
    PathProblem paths = formulation.paths();
    Series series =
        problem.solutions() == 1 ? new FreshSeries(solver, paths) : solver.series(paths);
    List<Solution> found = new ArrayList<>();
    while (true) {
      SolverAnswer answer = series.next(deadline);
      if (!(answer instanceof SolverAnswer.Best best)) {
        return found.isEmpty() ? nothing(answer) : found(found, endingAfter(answer));
      }
      Path path = preferred(paths, best);
      Solution solution = Solutions.of(formulation, path, best.bound());
      found.add(solution);
      listener.onProgress(
          new SearchListener.Progress(found.size(), problem.solutions(), deadline.elapsed()));
      if (deadline.isPast() && (solution.gap() > 0 || found.size() < problem.solutions())) {
        return found(found, interruption());
      }
      if (found.size() == problem.solutions()) {
        return found(found, Ending.COMPLETE);
      }
      Constraint distance = paths.distance(path, problem.minDifferentLayers());
      paths = paths.plus(distance);
      series.add(distance);
    }
  }

  /** Returns the path of least cost among those tied with the best one. */
  private Path preferred(PathProblem paths, SolverAnswer.Best best) {
    return tieBreak.isPresent() ? cheapest(paths, best, tieBreak.get()) : best.path();
  }

  private Path cheapest(PathProblem paths, SolverAnswer.Best best, TieBreak tie) {
    Constraint cost = formulation.cost(tie.cost());
    Solution solution = Solutions.of(formulation, best.path(), best.bound());
    Constraint tied = paths.objectiveAtMost(tie.tiedUpTo(solution));
    SolverAnswer answer =
        exact.solve(paths.plus(tied).withObjective(cost.coefficients()), deadline);
    return answer instanceof SolverAnswer.Best cheapest ? cheapest.path() : best.path();
  }

  private SearchOutcome nothing(SolverAnswer answer) {
    return answer instanceof SolverAnswer.Stopped stopped
        ? new SearchOutcome.OutOfTime(stopped.bound(), deadline.elapsed())
        : new Infeasibility(formulation, exact, deadline).explain();
  }

  private Ending endingAfter(SolverAnswer answer) {
    return answer instanceof SolverAnswer.None ? Ending.EXHAUSTED : interruption();
  }

  private Ending interruption() {
    return deadline.cancelled() ? Ending.CANCELLED : Ending.OUT_OF_TIME;
  }

  private SearchOutcome found(List<Solution> found, Ending ending) {
    return new SearchOutcome.Found(ImmutableList.copyOf(found), ending, deadline.elapsed());
  }
}
