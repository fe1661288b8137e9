package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Walks the limit of one cost downwards, from one best architecture to the next. */
final class FrontierSearch {
  private final SearchProblem problem;
  private final Network network;
  private final Row cost;
  private final Solver solver;
  private final Deadline deadline;
  private final SearchListener listener;
  private final List<Frontier.Point> points = new ArrayList<>();
  private boolean complete = true;

  FrontierSearch(
      SearchProblem problem,
      String cost,
      Solver solver,
      Deadline deadline,
      SearchListener listener) {
    this.problem = problem;
    this.network = Network.of(problem);
    this.cost = network.costRow(cost, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
    this.solver = solver;
    this.deadline = deadline;
    this.listener = listener;
  }

  /** Returns the best architecture at evenly spaced limits. */
  Frontier evenly(int count) {
    ImmutableList<Double> limits = Limits.evenly(network, cost, count, solver, deadline);
    for (double limit : limits.reverse()) {
      best(within(limit)).ifPresent(best -> add(limit, best, count));
    }
    return frontier();
  }

  /** Returns every architecture that is best for some limit from {@code low} to {@code high}. */
  Frontier everyStep(double low, double high) {
    double limit = high;
    Optional<Answer.Best> best = best(within(limit));
    while (best.isPresent() && limit >= low && !deadline.isPast()) {
      double value = cost.value(best.get().path());
      if (!points.isEmpty()
          && points.get(0).solution().score() >= network.score(best.get().path())) {
        points.remove(0); // as good for less
      }
      add(Math.max(value, low), best.get(), Integer.MAX_VALUE);
      limit = Math.nextDown(value);
      best = best(within(limit));
    }
    return frontier();
  }

  private Network within(double limit) {
    return network.plusRow(cost.between(Double.NEGATIVE_INFINITY, limit));
  }

  private Optional<Answer.Best> best(Network asked) {
    Answer answer = solver.solve(asked, deadline);
    if (answer instanceof Answer.Best best) {
      complete &= best.bound() >= asked.score(best.path());
      return Optional.of(best);
    }
    complete &= answer instanceof Answer.None;
    return Optional.empty();
  }

  private void add(double limit, Answer.Best best, int expected) {
    Solution solution = Solutions.of(problem, network, best.path(), best.bound());
    points.add(0, new Frontier.Point(limit, solution));
    listener.onProgress(new SearchListener.Progress(points.size(), expected, deadline.elapsed()));
  }

  private Frontier frontier() {
    return new Frontier(
        cost.name,
        ImmutableList.copyOf(points),
        complete && !deadline.isPast(),
        deadline.elapsed());
  }
}
