package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nemotron.nas.search.graph.Constraint;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.Solver;
import org.nemotron.nas.search.graph.SolverAnswer;

/** Lowers the limit on one cost, from one best architecture to the next. */
final class FrontierSearch {
  /** Scores that differ by less than this share are equal sums added in another order. */
  private static final double ROUNDING = 1e-12;

  private final Formulation formulation;
  private final Constraint cost;
  private final Solver solver;
  private final double relativeGap;
  private final Deadline deadline;
  private final SearchListener listener;
  private final KnownPaths known;
  private final List<Frontier.Point> points = new ArrayList<>();
  private boolean complete = true;

  FrontierSearch(
      SearchProblem problem,
      String cost,
      Solver solver,
      double relativeGap,
      Deadline deadline,
      SearchListener listener) {
    this.formulation = Formulation.of(problem);
    this.cost = formulation.cost(cost);
    this.solver = solver;
    this.relativeGap = relativeGap;
    this.deadline = deadline;
    this.listener = listener;
    this.known = new KnownPaths(solver, relativeGap, deadline, listener);
  }

  /** Returns the best architecture at evenly spaced limits. */
  Frontier evenly(int count) {
    int problems = count + 2; // the points, and the two that limit them
    PathProblem paths = formulation.paths();
    Optional<SolverAnswer.Best> loosest = best(paths, Double.NEGATIVE_INFINITY, problems--);
    if (loosest.isEmpty()) {
      return frontier();
    }
    Deadline share = deadline.shared(problems--);
    Path path = loosest.get().path();
    double bound = loosest.get().bound();
    for (double limit :
        CostLimits.evenly(paths, cost, path, count, solver, known, share).reverse()) {
      if (deadline.cancelled()) {
        break;
      }
      Optional<SolverAnswer.Best> best = best(within(limit), bound, problems--);
      if (best.isPresent()) {
        add(limit, best.get(), count);
        bound = best.get().bound(); // tighter limits only raise it
      }
    }
    return frontier();
  }

  /** Returns every architecture that is best for some limit from {@code low} to {@code high}. */
  Frontier everyStep(double low, double high) {
    double limit = high;
    while (limit >= low) {
      Optional<SolverAnswer.Best> best = best(within(limit), Double.NEGATIVE_INFINITY, 1);
      if (best.isEmpty() || deadline.isPast()) {
        return frontier();
      }
      double value = cost.value(best.get().path());
      if (isAsGood(best.get().path())) {
        points.remove(0); // as good for less
      }
      add(Math.max(value, low), best.get(), Integer.MAX_VALUE);
      limit = Math.nextDown(value);
    }
    return frontier();
  }

  /** Returns whether a path is as good as the point found last, which costs more. */
  private boolean isAsGood(Path path) {
    double score = formulation.paths().objective(path);
    return !points.isEmpty()
        && points.get(0).solution().score() >= score - ROUNDING * Math.abs(score);
  }

  private PathProblem within(double limit) {
    return formulation.paths().plus(cost.upTo(limit));
  }

  private Optional<SolverAnswer.Best> best(PathProblem asked, double bound, int problems) {
    SolverAnswer answer = known.solve(asked, bound, problems);
    complete &= !(answer instanceof SolverAnswer.Stopped);
    return answer instanceof SolverAnswer.Best best ? Optional.of(best) : Optional.empty();
  }

  private void add(double limit, SolverAnswer.Best best, int expected) {
    Solution solution = Solutions.of(formulation, best.path(), best.bound());
    complete &= solution.gap() <= relativeGap;
    points.add(0, new Frontier.Point(limit, solution));
    listener.onProgress(new SearchListener.Progress(points.size(), expected, deadline.elapsed()));
  }

  private Frontier frontier() {
    return new Frontier(
        cost.name(),
        ImmutableList.copyOf(points),
        complete && !deadline.isPast(),
        deadline.elapsed());
  }
}
