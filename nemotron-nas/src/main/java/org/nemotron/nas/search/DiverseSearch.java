package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.time.Duration;
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
  /** A gap that a solver proved may differ from ours by rounding. */
  private static final double ROUNDING = 1e-6;

  private final SearchProblem problem;
  private final Formulation formulation;
  private final Solver solver;
  private final ExactSolver exact;
  private final double relativeGap;
  private final Optional<TieBreak> tieBreak;
  private final Deadline deadline;
  private final SearchListener listener;

  /**
   * @param solver finds the solutions
   * @param exact breaks ties and explains, without a gap
   * @param relativeGap that of {@code solver}
   */
  DiverseSearch(
      SearchProblem problem,
      Solver solver,
      ExactSolver exact,
      double relativeGap,
      Optional<TieBreak> tieBreak,
      Deadline deadline,
      SearchListener listener) {
    this.problem = problem;
    this.formulation = Formulation.of(problem);
    this.solver = solver;
    this.exact = exact;
    this.relativeGap = relativeGap;
    this.tieBreak = tieBreak;
    this.deadline = deadline;
    this.listener = listener;
  }

  SearchOutcome solve() {
    Infeasibility infeasibility = new Infeasibility(formulation, exact, deadline);
    Optional<SearchOutcome.Infeasible> obvious = infeasibility.obvious();
    if (obvious.isPresent()) {
      return obvious.get();
    }
    PathProblem paths = formulation.paths();
    Series series =
        problem.solutions() == 1 ? new FreshSeries(solver, paths) : solver.series(paths);
    Improvements improvements = new Improvements(listener, deadline);
    List<Solution> found = new ArrayList<>();
    while (true) {
      SolverAnswer answer = series.next(deadline, improvements);
      if (!(answer instanceof SolverAnswer.Best best)) {
        return found.isEmpty() ? nothing(answer, infeasibility) : found(found, endingAfter(answer));
      }
      Path path = preferred(paths, best);
      found.add(Solutions.of(formulation, path, best.bound()));
      listener.onProgress(
          new SearchListener.Progress(found.size(), problem.solutions(), deadline.elapsed()));
      boolean complete = found.size() == problem.solutions();
      if (!isProven(paths, best) || (deadline.isPast() && !complete)) {
        return found(found, interruption());
      }
      if (complete) {
        return found(found, Ending.COMPLETE);
      }
      Constraint distance = paths.distance(path, problem.minDifferentLayers());
      paths = paths.plus(distance);
      series.add(distance);
    }
  }

  /** Returns whether the gap of an answer is none, or one that was asked for. */
  private boolean isProven(PathProblem paths, SolverAnswer.Best best) {
    double objective = paths.objective(best.path());
    return objective - best.bound() <= relativeGap * (1 + ROUNDING) * Math.abs(objective);
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

  private SearchOutcome nothing(SolverAnswer answer, Infeasibility infeasibility) {
    if (!(answer instanceof SolverAnswer.Stopped stopped)) {
      return infeasibility.explain();
    }
    Duration elapsed = deadline.elapsed();
    return switch (interruption()) {
      case CANCELLED -> new SearchOutcome.Cancelled(stopped.bound(), elapsed);
      case OUT_OF_TIME -> new SearchOutcome.OutOfTime(stopped.bound(), elapsed);
      default -> new SearchOutcome.OutOfMemory(stopped.bound(), elapsed);
    };
  }

  private Ending endingAfter(SolverAnswer answer) {
    return answer instanceof SolverAnswer.None ? Ending.EXHAUSTED : interruption();
  }

  /** Returns why a solver ended early; it gives up by itself only for want of memory. */
  private Ending interruption() {
    if (deadline.cancelled()) {
      return Ending.CANCELLED;
    }
    return deadline.isPast() ? Ending.OUT_OF_TIME : Ending.OUT_OF_MEMORY;
  }

  private SearchOutcome found(List<Solution> found, Ending ending) {
    return new SearchOutcome.Found(ImmutableList.copyOf(found), ending, deadline.elapsed());
  }
}
