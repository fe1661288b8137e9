package org.nemotron.nas.search.exact;

import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.Series;
import org.nemotron.nas.search.graph.Solver;
import org.nemotron.nas.search.graph.SolverAnswer;

/**
 * The exact method of this library; SCIP goes on where it would need too much memory.
 *
 * <p>No part of its proof depends on floating-point rounding: bounds hold for any multipliers,
 * paths are checked exactly, and limits are widened by more than rounding before anything is
 * dropped.
 */
public final class ExactSolver implements Solver {
  private final Solver fallback;
  private final double relativeGap;

  /** Returns a solver that proves the optimum. */
  public ExactSolver() {
    this(0);
  }

  /**
   * Returns a solver that may stop early.
   *
   * @param relativeGap how far the bound may stay below the score, as a share of the score
   */
  public ExactSolver(double relativeGap) {
    this.fallback = new ScipSolver(relativeGap);
    this.relativeGap = relativeGap;
  }

  @Override
  public SolverAnswer solve(PathProblem problem, Deadline deadline) {
    Incumbent incumbent = new Incumbent(problem, relativeGap);
    ReducedCostFixing fixing = new ReducedCostFixing(problem, incumbent, false, deadline);
    double better = fixing.run();
    if (better == Double.POSITIVE_INFINITY && incumbent.narrowMiss()) {
      // A path that violates a constraint by rounding may have dominated one that does not.
      better = new ReducedCostFixing(problem, incumbent, true, deadline).run();
    }
    double bound = Math.max(fixing.relaxation(), Math.min(better, incumbent.interesting()));
    return better == Double.POSITIVE_INFINITY || deadline.isPast()
        ? answer(incumbent, bound)
        : withFallback(problem, deadline, incumbent, bound);
  }

  private SolverAnswer withFallback(
      PathProblem problem, Deadline deadline, Incumbent incumbent, double bound) {
    SolverAnswer other = fallback.solve(problem, deadline);
    if (other instanceof SolverAnswer.Best best) {
      incumbent.offer(best.path());
      return answer(incumbent, Math.max(bound, best.bound()));
    }
    boolean empty = other instanceof SolverAnswer.None && incumbent.path().isEmpty();
    return empty ? other : answer(incumbent, bound);
  }

  private static SolverAnswer answer(Incumbent incumbent, double bound) {
    if (incumbent.path().isPresent()) {
      return new SolverAnswer.Best(incumbent.path().get(), Math.min(bound, incumbent.objective()));
    }
    return bound == Double.POSITIVE_INFINITY
        ? new SolverAnswer.None()
        : new SolverAnswer.Stopped(bound);
  }

  @Override
  public Series series(PathProblem problem) {
    return new BranchingSeries(this, fallback, problem, relativeGap);
  }
}
