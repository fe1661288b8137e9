package org.nemotron.nas.search.exact;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Optional;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.SolveListener;

/** The best path found so far; every path is checked exactly before it becomes the incumbent. */
final class Incumbent {
  /** An improvement below this share of the objective's size is rounding. */
  private static final double ROUNDING = 1e-12;

  private final PathProblem problem;
  private final double relativeGap;

  /** Of the objective of every path. */
  private final Grid grid;

  private final SolveListener listener;
  private double bound = Double.NEGATIVE_INFINITY;
  private Optional<Path> path = Optional.empty();
  private double objective = Double.POSITIVE_INFINITY;
  private boolean any;
  private Misses misses = new Misses(Ties.MERGED);

  Incumbent(PathProblem problem) {
    this(problem, 0, SolveListener.SILENT);
  }

  /**
   * @param relativeGap improvements below this share of the objective are of no interest
   * @param listener receives every better path and bound
   */
  Incumbent(PathProblem problem, double relativeGap, SolveListener listener) {
    this(problem, relativeGap, Grid.NONE, listener);
  }

  /**
   * @param relativeGap improvements below this share of the objective are of no interest
   * @param grid that of the objective; improvements by less than a step are rounding
   * @param listener receives every better path and bound
   */
  Incumbent(PathProblem problem, double relativeGap, Grid grid, SolveListener listener) {
    this.problem = problem;
    this.listener = listener;
    this.relativeGap = relativeGap;
    this.grid = grid;
  }

  /**
   * Replaces the incumbent by a path that is better and satisfies every constraint exactly; returns
   * whether it did.
   */
  @CanIgnoreReturnValue
  boolean offer(Path offered) {
    if (!problem.allows(offered)) {
      misses.add(problem.objective(offered));
      return false;
    }
    double offeredObjective = problem.objective(offered);
    if (offeredObjective >= objective) {
      return false;
    }
    path = Optional.of(offered);
    objective = offeredObjective;
    listener.onImprovement(objective, Math.min(bound, objective));
    return true;
  }

  /** Notes a lower bound on the objective of every path better than this one. */
  void bound(double newBound) {
    if (newBound > bound + rounding(newBound)) {
      bound = newBound;
      listener.onImprovement(objective, Math.min(bound, objective));
    }
  }

  /** Notes the last bound; unlike {@link #bound}, reports a rise as small as rounding as well. */
  void settle(double lastBound) {
    if (lastBound > bound) {
      bound = lastBound;
      listener.onImprovement(objective, Math.min(bound, objective));
    }
  }

  /** Returns the least objective that a path can have which is no less than a scaled bound. */
  double raised(double scaledBound, ReducedProblem reduced) {
    return grid.times(reduced.scale).raised(scaledBound);
  }

  Optional<Path> path() {
    return path;
  }

  /** Returns the objective of the incumbent, infinite when there is none. */
  double objective() {
    return objective;
  }

  /** Forgets the narrow misses; a labeling that merges ties in this way begins. */
  void begin(Ties ties) {
    misses = new Misses(ties);
  }

  /**
   * Returns a bound, for the objective of {@code reduced}, on every path better than the incumbent
   * that the labeling under way dropped because it ties with paths that satisfied only the widened
   * constraints.
   */
  double missBound(ReducedProblem reduced) {
    double scaled = misses.bound() * reduced.scale;
    return Double.isInfinite(scaled) ? scaled : scaled - rounding(scaled);
  }

  /** Makes the first path found good enough. */
  void acceptAny() {
    any = true;
  }

  /** Returns the scaled objective that a path of {@code reduced} must be below to be better. */
  double cutoff(ReducedProblem reduced) {
    if (any && path.isPresent()) {
      return Double.NEGATIVE_INFINITY;
    }
    double scaled = objective * reduced.scale;
    double least = grid.lessThanStep() * reduced.scale;
    return path.isEmpty()
        ? scaled
        : scaled - Math.max(least, Math.max(rounding(scaled), tolerated(scaled)));
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
