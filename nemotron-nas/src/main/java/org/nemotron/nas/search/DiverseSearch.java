package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nemotron.nas.search.SearchOutcome.Ending;

/** Finds solutions one after the other, each far enough from the earlier ones. */
final class DiverseSearch {
  private final SearchProblem problem;
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
    this.solver = solver;
    this.tieBreak = tieBreak;
    this.deadline = deadline;
    this.listener = listener;
  }

  SearchOutcome solve() {
    LayerGraph network = LayerGraph.of(problem);
    Series series =
        problem.solutions() == 1 ? new FreshSeries(solver, network) : solver.series(network);
    List<Solution> found = new ArrayList<>();
    while (true) {
      SolverAnswer answer = series.next(deadline);
      if (!(answer instanceof SolverAnswer.Best best)) {
        return found.isEmpty() ? nothing(network, answer) : found(found, endingAfter(answer));
      }
      Path path = preferred(network, best);
      Solution solution = Solutions.of(problem, network, path, best.bound());
      found.add(solution);
      listener.onProgress(
          new SearchListener.Progress(found.size(), problem.solutions(), deadline.elapsed()));
      if (deadline.isPast() && (solution.gap() > 0 || found.size() < problem.solutions())) {
        return found(found, interruption());
      }
      if (found.size() == problem.solutions()) {
        return found(found, Ending.COMPLETE);
      }
      Constraint distance = network.distanceRow(path, problem.minDifferentLayers());
      network = network.plusRow(distance);
      series.demand(distance);
    }
  }

  /** Returns the path of least cost among those tied with the best one. */
  private Path preferred(LayerGraph network, SolverAnswer.Best best) {
    return tieBreak.isPresent() ? cheapest(network, best, tieBreak.get()) : best.path();
  }

  private Path cheapest(LayerGraph network, SolverAnswer.Best best, TieBreak tie) {
    Constraint cost =
        network.costRow(tie.cost(), Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
    Solution solution = Solutions.of(problem, network, best.path(), best.bound());
    Constraint tied = network.objectiveRow(tie.tiedUpTo(solution));
    SolverAnswer answer =
        exact.solve(network.plusRow(tied).withObjective(cost.coefficients), deadline);
    return answer instanceof SolverAnswer.Best cheapest ? cheapest.path() : best.path();
  }

  private SearchOutcome nothing(LayerGraph network, SolverAnswer answer) {
    return answer instanceof SolverAnswer.Stopped stopped
        ? new SearchOutcome.OutOfTime(stopped.bound(), deadline.elapsed())
        : new Infeasibility(network, exact, deadline).explain();
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
