package org.nemotron.nas.search.exact;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Optional;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;

/** The best path found so far; every path is checked exactly before it becomes the incumbent. */
final class Incumbent {
  /** An improvement below this share of the objective's size is rounding. */
  private static final double ROUNDING = 1e-12;

  private final PathProblem problem;
  private final double relativeGap;
  private Optional<Path> path = Optional.empty();
  private double objective = Double.POSITIVE_INFINITY;
  private boolean narrowMiss;

  Incumbent(PathProblem problem) {
    this(problem, 0);
  }

  /**
   * @param relativeGap improvements below this share of the objective are of no interest
   */
  Incumbent(PathProblem problem, double relativeGap) {
    this.problem = problem;
    this.relativeGap = relativeGap;
  }

  /**
   * Replaces the incumbent by a path that is better and satisfies every constraint exactly; returns
   * whether it did.
   */
  @CanIgnoreReturnValue
  boolean offer(Path offered) {
    if (!problem.allows(offered)) {
      narrowMiss = true;
      return false;
    }
    double offeredObjective = problem.objective(offered);
    if (offeredObjective >= objective) {
      return false;
    }
    path = Optional.of(offered);
    objective = offeredObjective;
    return true;
  }

  Optional<Path> path() {
    return path;
  }

  /** Returns the objective of the incumbent, infinite when there is none. */
  double objective() {
    return objective;
  }

  /** Returns whether a path satisfied the widened constraints but not the exact ones. */
  boolean narrowMiss() {
    return narrowMiss;
  }

  /** Returns the scaled objective that a path of {@code reduced} must be below to be better. */
  double cutoff(ReducedProblem reduced) {
    double scaled = objective * reduced.scale;
    return path.isEmpty() ? scaled : scaled - Math.max(rounding(scaled), tolerated(scaled));
  }

  /**
   * Returns the relative gap times an objective, a little less so that rounding never exceeds it.
   */
  private double tolerated(double of) {
    return Math.max(0, relativeGap * Math.abs(of) - 2 * Math.ulp(of));
  }

  /** Returns the objective below which a path would be an improvement of interest. */
  double interesting() {
    return path.isEmpty() ? objective : objective - tolerated(objective);
  }

  /** Returns by how much sums of the size of {@code of} may differ by rounding. */
  static double rounding(double of) {
    return ROUNDING * Math.max(1, Math.abs(of));
  }
}
