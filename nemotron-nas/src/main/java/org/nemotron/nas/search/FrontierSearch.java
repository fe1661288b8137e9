package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
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

  private static final SolverAnswer UNKNOWN = new SolverAnswer.Stopped(Double.NEGATIVE_INFINITY);

  private final Formulation formulation;
  private final Constraint cost;
  private final Solver solver;
  private final Proofs proofs;
  private final Deadline deadline;
  private final SearchListener listener;
  private final KnownPaths known;
  private final List<Frontier.Point> points = new ArrayList<>();
  private int found;

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
    this.proofs = new Proofs(relativeGap);
    this.deadline = deadline;
    this.listener = listener;
    this.known = new KnownPaths(solver, relativeGap, deadline, listener);
  }

  /** Returns the best architecture at evenly spaced limits. */
  Frontier evenly(int count) {
    int left = count + 2; // the points, and the two that limit them
    PathProblem paths = formulation.paths();
    LimitedProblems problems = new LimitedProblems(known, deadline);
    int loosest = problems.add(paths, left--);
    if (problems.answer(loosest) instanceof SolverAnswer.None) {
      return frontier();
    }
    SolverAnswer first = problems.answer(loosest);
    CostLimits.Range range =
        CostLimits.evenly(paths, cost, first, count, solver, known, deadline.shared(left--));
    List<Integer> numbers = new ArrayList<>();
    List<Double> limits = range.values().reverse();
    for (double limit : limits) {
      if (deadline.cancelled()) {
        break;
      }
      int looser = numbers.isEmpty() ? loosest : numbers.get(numbers.size() - 1);
      numbers.add(problems.add(within(limit), left--, looser));
      if (problems.answer(numbers.get(numbers.size() - 1)) instanceof SolverAnswer.Best) {
        tell(++found, count);
      }
    }
    problems.useRest();
    for (int at = 0; at < limits.size(); at++) {
      note(limits.get(at), at < numbers.size() ? problems.answer(numbers.get(at)) : UNKNOWN);
    }
    proofs.noteRange(
        cost.name(), range, proofs.isUnchanged(formulation, first, problems.answer(loosest)));
    return frontier();
  }

  private void note(double limit, SolverAnswer answer) {
    String words = Proofs.limit(cost.name(), limit);
    if (answer instanceof SolverAnswer.Best best) {
      Solution solution = Solutions.of(formulation, best.path(), best.bound());
      proofs.note(words, solution);
      points.add(0, new Frontier.Point(limit, solution));
    } else if (answer instanceof SolverAnswer.Stopped) {
      proofs.noteNothing(words);
    }
  }

  private void tell(int done, int expected) {
    listener.onProgress(new SearchListener.Progress(done, expected, deadline.elapsed()));
  }

  /** Returns every architecture that is best for some limit from {@code low} to {@code high}. */
  Frontier everyStep(double low, double high) {
    double limit = high;
    while (limit >= low) {
      SolverAnswer answer = known.solve(within(limit), Double.NEGATIVE_INFINITY, deadline);
      if (answer instanceof SolverAnswer.None) {
        return frontier();
      }
      if (!(answer instanceof SolverAnswer.Best best) || deadline.isPast()) {
        proofs.noteNothing(Proofs.limit(cost.name(), limit));
        return frontier();
      }
      double value = cost.value(best.path());
      if (isAsGood(best.path())) {
        points.remove(0); // as good for less
      }
      note(Math.max(value, low), best);
      tell(points.size(), Integer.MAX_VALUE);
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

  private Frontier frontier() {
    return new Frontier(
        cost.name(),
        ImmutableList.copyOf(points),
        proofs.isComplete(),
        proofs.unproven(),
        deadline.elapsed());
  }
}
