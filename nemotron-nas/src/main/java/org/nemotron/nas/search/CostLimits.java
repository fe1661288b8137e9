package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.time.Duration;
import org.nemotron.nas.search.graph.Constraint;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.Solver;
import org.nemotron.nas.search.graph.SolverAnswer;

/**
 * Chooses the limits of a frontier on one cost: from the least value that fits to the value of a
 * best architecture, above which no limit changes the answer.
 */
final class CostLimits {
  /*
   * The least value above a lower limit is a subset sum problem. Where sums lie dense, no search
   * could prove which is the least, and none needs to know.
   */
  private static final Duration LEAST_TIME = Duration.ofSeconds(1);

  private final PathProblem problem;
  private final Constraint cost;
  private final Solver solver;
  private final KnownPaths known;
  private final Deadline deadline;

  /** Whether it is proven that no architecture has less than the least limit. */
  private boolean leastIsProven;

  /**
   * Limits on one cost.
   *
   * @param values ascending
   * @param leastIsProven whether it is proven that nothing respects a limit below the least one
   */
  record Range(ImmutableList<Double> values, boolean leastIsProven) {}

  private CostLimits(
      PathProblem problem, Constraint cost, Solver solver, KnownPaths known, Deadline deadline) {
    this.problem = problem;
    this.cost = cost;
    this.solver = solver;
    this.known = known;
    this.deadline = deadline;
  }

  /**
   * Returns evenly spaced limits, from the least value that fits to that of a best architecture.
   * Where a budget from below lies among values so dense that the least cannot be proven, the first
   * limit is one step above that budget.
   *
   * @param best the best architecture known; without one, the limits go up to the most that any
   *     architecture may have
   * @param known receives the path of least value, which fits under every limit
   * @param deadline for this
   */
  static Range evenly(
      PathProblem problem,
      Constraint cost,
      SolverAnswer best,
      int count,
      Solver solver,
      KnownPaths known,
      Deadline deadline) {
    CostLimits limits = new CostLimits(problem, cost, solver, known, deadline);
    double greatest =
        best instanceof SolverAnswer.Best found ? cost.value(found.path()) : limits.greatest();
    double least = limits.least(greatest, count);
    return new Range(spaced(least, greatest, count), limits.leastIsProven);
  }

  /** Returns the most that an architecture within the budgets on this cost alone may have. */
  private double greatest() {
    double longest = cost.fixed() + problem.graph().longestToEnd(cost.coefficients())[0];
    for (Constraint one : problem.constraints()) {
      longest = isOfCost(one) ? Math.min(longest, one.atMost()) : longest;
    }
    return longest;
  }

  /** Returns the least that an architecture may have, whatever its other costs. */
  private double shortest() {
    return cost.fixed() + problem.graph().shortestToEnd(cost.coefficients())[0];
  }

  private static ImmutableList<Double> spaced(double least, double greatest, int count) {
    double high = Math.max(least, greatest);
    ImmutableList.Builder<Double> limits = ImmutableList.builder();
    for (int i = 0; i < count - 1; i++) {
      limits.add(least + (high - least) * i / (count - 1));
    }
    return limits.add(high).build();
  }

  private double least(double greatest, int count) {
    double lowerLimit = lowerLimit();
    PathProblem free = withoutLowerLimit().withObjective(cost.coefficients());
    if (!(solver.solve(free, deadline.shared(2)) instanceof SolverAnswer.Best least)) {
      return Math.max(lowerLimit, shortest()); // the time is over
    }
    known.add(least.path());
    leastIsProven = known.isProven(free, least.bound());
    if (cost.value(least.path()) >= lowerLimit) {
      return cost.value(least.path());
    }
    PathProblem asked = problem.withObjective(cost.coefficients());
    SolverAnswer answer = solver.solve(asked, deadline.atMost(LEAST_TIME));
    if (answer instanceof SolverAnswer.Best best) {
      known.add(best.path());
      leastIsProven = known.isProven(asked, best.bound());
      if (leastIsProven) {
        return cost.value(best.path());
      }
    }
    leastIsProven = false;
    return lowerLimit + (greatest - lowerLimit) / count;
  }

  private double lowerLimit() {
    double lowerLimit = Double.NEGATIVE_INFINITY;
    for (Constraint one : problem.constraints()) {
      lowerLimit = isOfCost(one) ? Math.max(lowerLimit, one.atLeast()) : lowerLimit;
    }
    return lowerLimit;
  }

  private PathProblem withoutLowerLimit() {
    ImmutableList.Builder<Constraint> constraints = ImmutableList.builder();
    for (Constraint one : problem.constraints()) {
      constraints.add(isOfCost(one) ? one.upTo(one.atMost()) : one);
    }
    return problem.withConstraints(constraints.build());
  }

  private boolean isOfCost(Constraint one) {
    return !one.counts() && one.name().equals(cost.name());
  }
}
