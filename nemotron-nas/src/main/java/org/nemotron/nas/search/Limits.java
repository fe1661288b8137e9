package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.time.Duration;
import java.util.Optional;

/** The limits on a cost between which the best architecture changes. */
final class Limits {
  /*
   * The least value above a lower end is a subset sum problem. Where sums lie dense, no search could
   * prove which is the least, and none needs to know.
   */
  private static final Duration LEAST_TIME = Duration.ofSeconds(1);

  private final LayerGraph network;
  private final Constraint cost;
  private final Solver solver;
  private final Deadline deadline;

  private Limits(LayerGraph network, Constraint cost, Solver solver, Deadline deadline) {
    this.network = network;
    this.cost = cost;
    this.solver = solver;
    this.deadline = deadline;
  }

  /**
   * Returns evenly spaced limits, ascending, from the least value that fits to that of a best
   * architecture; none when nothing fits. Where a budget from below lies among values so dense that
   * the least cannot be told, the first limit is one step above that budget.
   */
  static ImmutableList<Double> evenly(
      LayerGraph network, Constraint cost, int count, Solver solver, Deadline deadline) {
    Limits limits = new Limits(network, cost, solver, deadline);
    return limits
        .value(network)
        .flatMap(rich -> limits.least(rich, count).map(least -> spaced(least, rich, count)))
        .orElse(ImmutableList.of());
  }

  private static ImmutableList<Double> spaced(double least, double rich, int count) {
    double high = Math.max(least, rich);
    ImmutableList.Builder<Double> limits = ImmutableList.builder();
    for (int i = 0; i < count - 1; i++) {
      limits.add(least + (high - least) * i / (count - 1));
    }
    return limits.add(high).build();
  }

  private Optional<Double> least(double rich, int count) {
    double lowerEnd = lowerEnd();
    Optional<Double> free = value(withoutLowerEnd().withObjective(cost.coefficients));
    if (free.isEmpty() || free.get() >= lowerEnd) {
      return free;
    }
    LayerGraph asked = network.withObjective(cost.coefficients);
    SolverAnswer answer = solver.solve(asked, deadline.atMost(LEAST_TIME));
    return answer instanceof SolverAnswer.Best best && best.bound() >= asked.score(best.path())
        ? Optional.of(cost.value(best.path()))
        : Optional.of(lowerEnd + (rich - lowerEnd) / count);
  }

  private double lowerEnd() {
    double lowerEnd = Double.NEGATIVE_INFINITY;
    for (Constraint row : network.rows) {
      lowerEnd = isOfCost(row) ? Math.max(lowerEnd, row.atLeast) : lowerEnd;
    }
    return lowerEnd;
  }

  private LayerGraph withoutLowerEnd() {
    ImmutableList.Builder<Constraint> rows = ImmutableList.builder();
    for (Constraint row : network.rows) {
      rows.add(isOfCost(row) ? row.between(Double.NEGATIVE_INFINITY, row.atMost) : row);
    }
    return network.withRows(rows.build());
  }

  private boolean isOfCost(Constraint row) {
    return !row.counts && row.name.equals(cost.name);
  }

  /** Returns the value of the best path of a network, empty when there is none. */
  private Optional<Double> value(LayerGraph of) {
    return solver.solve(of, deadline) instanceof SolverAnswer.Best best
        ? Optional.of(cost.value(best.path()))
        : Optional.empty();
  }
}
