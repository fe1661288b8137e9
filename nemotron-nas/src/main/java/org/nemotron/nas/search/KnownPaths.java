package org.nemotron.nas.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.SolveListener;
import org.nemotron.nas.search.graph.Solver;
import org.nemotron.nas.search.graph.SolverAnswer;

/**
 * Solves one problem under several limits, and remembers the paths: what was found under one limit
 * may also be the best, or the only one found in time, under another.
 */
final class KnownPaths {
  private final Solver solver;
  private final double relativeGap;
  private final Deadline deadline;
  private final SolveListener listener;
  private final List<Path> known = new ArrayList<>();

  /**
   * @param deadline of all problems together
   */
  KnownPaths(Solver solver, double relativeGap, Deadline deadline, SearchListener listener) {
    this.solver = solver;
    this.relativeGap = relativeGap;
    this.deadline = deadline;
    this.listener = new Improvements(listener, deadline);
  }

  void add(Path path) {
    known.add(path);
  }

  /**
   * Returns the answer to a problem.
   *
   * @param bound a lower bound on its objective that is known already
   * @param until when to stop, no later than the deadline of all problems
   */
  SolverAnswer solve(PathProblem asked, double bound, Deadline until) {
    Optional<Path> before = best(asked);
    if (before.isPresent() && (deadline.isPast() || isProven(asked, before.get(), bound))) {
      return answer(asked, bound);
    }
    SolverAnswer answer = solver.solveFrom(before.stream().toList(), asked, until, listener);
    if (answer instanceof SolverAnswer.Best best) {
      known.add(best.path());
      return answer(asked, Math.max(bound, best.bound()));
    }
    return answer instanceof SolverAnswer.Stopped stopped
        ? answer(asked, Math.max(bound, stopped.bound()))
        : answer;
  }

  /** Returns whether a known path is near enough to a bound on the objective. */
  boolean isProven(PathProblem asked, double bound) {
    return best(asked).filter(path -> isProven(asked, path, bound)).isPresent();
  }

  private boolean isProven(PathProblem asked, Path path, double bound) {
    double objective = asked.objective(path);
    return objective - bound <= relativeGap * Math.abs(objective);
  }

  /** Returns the best known path that fits, with a bound. */
  SolverAnswer answer(PathProblem asked, double bound) {
    return best(asked)
        .<SolverAnswer>map(
            path -> new SolverAnswer.Best(path, Math.min(bound, asked.objective(path))))
        .orElseGet(() -> new SolverAnswer.Stopped(bound));
  }

  private Optional<Path> best(PathProblem asked) {
    Optional<Path> best = Optional.empty();
    double least = Double.POSITIVE_INFINITY;
    for (Path path : known) {
      double objective = asked.objective(path);
      if (objective < least && asked.allows(path)) {
        least = objective;
        best = Optional.of(path);
      }
    }
    return best;
  }
}
