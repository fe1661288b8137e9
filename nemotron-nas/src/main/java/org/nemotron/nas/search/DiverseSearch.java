package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.nas.search.SearchOutcome.Ending;

/** Finds solutions one after the other, each far enough from the earlier ones. */
final class DiverseSearch {
  private final SearchProblem problem;
  private final Solver solver;
  private final Deadline deadline;
  private final SearchListener listener;

  DiverseSearch(SearchProblem problem, Solver solver, Deadline deadline, SearchListener listener) {
    this.problem = problem;
    this.solver = solver;
    this.deadline = deadline;
    this.listener = listener;
  }

  SearchOutcome solve() {
    Network network = Network.of(problem);
    List<Solution> found = new ArrayList<>();
    while (found.size() < problem.solutions()) {
      Answer answer = solver.solve(network, deadline);
      if (!(answer instanceof Answer.Best best)) {
        return found.isEmpty() ? nothing(network, answer) : found(found, endingAfter(answer));
      }
      Solution solution = Solutions.of(problem, network, best.path(), best.bound());
      found.add(solution);
      listener.onProgress(
          new SearchListener.Progress(found.size(), problem.solutions(), deadline.elapsed()));
      if (deadline.isPast() && (solution.gap() > 0 || found.size() < problem.solutions())) {
        return found(found, interruption());
      }
      network = network.plusRow(network.distanceRow(best.path(), problem.minDifferentLayers()));
    }
    return found(found, Ending.COMPLETE);
  }

  private SearchOutcome nothing(Network network, Answer answer) {
    return answer instanceof Answer.Stopped stopped
        ? new SearchOutcome.OutOfTime(stopped.bound(), deadline.elapsed())
        : new Infeasibility(network, solver, deadline).explain();
  }

  private Ending endingAfter(Answer answer) {
    return answer instanceof Answer.None ? Ending.EXHAUSTED : interruption();
  }

  private Ending interruption() {
    return deadline.cancelled() ? Ending.CANCELLED : Ending.OUT_OF_TIME;
  }

  private SearchOutcome found(List<Solution> found, Ending ending) {
    return new SearchOutcome.Found(ImmutableList.copyOf(found), ending, deadline.elapsed());
  }
}
