package org.nemotron.nas.search.exact;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.Series;
import org.nemotron.nas.search.graph.SolveListener;
import org.nemotron.nas.search.graph.Solver;
import org.nemotron.nas.search.graph.SolverAnswer;

/**
 * The exact method of this library; where it would need too much memory SCIP goes on, if it is
 * there.
 *
 * <p>No part of its proof depends on floating-point rounding: bounds hold for any multipliers,
 * paths are checked exactly, and limits are widened by more than rounding before anything is
 * dropped.
 */
public final class ExactSolver implements Solver {
  /** What share of the heap labels may take unless more or less is asked for. */
  public static final double MEMORY_SHARE = 0.25;

  private final Solver fallback;
  private final double relativeGap;
  private final long labelBytes;

  /** Returns a solver that proves the optimum, with the usual share of the heap. */
  public ExactSolver() {
    this(0, bytesOfHeap(MEMORY_SHARE));
  }

  /**
   * Returns a solver that may stop early.
   *
   * @param relativeGap how far the bound may stay below the score, as a share of the score
   * @param labelBytes how much memory the labels may take
   */
  public ExactSolver(double relativeGap, long labelBytes) {
    this.fallback = new ScipSolver(relativeGap);
    this.relativeGap = relativeGap;
    this.labelBytes = labelBytes;
  }

  /** Returns how much memory a share of the greatest heap is. */
  public static long bytesOfHeap(double share) {
    return (long) (share * Runtime.getRuntime().maxMemory());
  }

  @Override
  public SolverAnswer solve(PathProblem problem, Deadline deadline, SolveListener listener) {
    return solveFrom(ImmutableList.of(), problem, deadline, listener);
  }

  @Override
  public SolverAnswer solveFrom(
      List<Path> known, PathProblem problem, Deadline deadline, SolveListener listener) {
    Incumbent incumbent =
        new Incumbent(problem, relativeGap, Grid.of(problem.objective()), listener);
    known.forEach(incumbent::offer);
    ReducedCostFixing fixing =
        new ReducedCostFixing(problem, incumbent, new Effort(labelBytes), deadline);
    double better = fixing.run();
    double bound = Math.max(fixing.relaxation(), Math.min(better, incumbent.interesting()));
    incumbent.settle(Math.min(bound, incumbent.objective()));
    return better == Double.POSITIVE_INFINITY || deadline.isPast()
        ? answer(incumbent, bound)
        : orFallback(problem, deadline, incumbent, bound);
  }

  /**
   * Returns some path that satisfies every constraint.
   *
   * @param problem its objective only guides the search
   */
  public SolverAnswer any(PathProblem problem, Deadline deadline) {
    Incumbent incumbent = new Incumbent(problem);
    incumbent.acceptAny();
    double better =
        new ReducedCostFixing(problem, incumbent, new Effort(labelBytes), deadline).run();
    return answer(incumbent, better);
  }

  /** Returns what is known, or what SCIP adds to it where that is there. */
  SolverAnswer orFallback(
      PathProblem problem, Deadline deadline, Incumbent incumbent, double bound) {
    if (!Scip.isPresent()) {
      return answer(incumbent, bound);
    }
    SolverAnswer other = fallback.solve(problem, deadline);
    if (other instanceof SolverAnswer.Best best) {
      incumbent.offer(best.path());
      double proven = Math.max(bound, best.bound());
      incumbent.settle(Math.min(proven, incumbent.objective()));
      return answer(incumbent, proven);
    }
    boolean empty = other instanceof SolverAnswer.None && incumbent.path().isEmpty();
    return empty ? other : answer(incumbent, bound);
  }

  static SolverAnswer answer(Incumbent incumbent, double bound) {
    if (incumbent.path().isPresent()) {
      return new SolverAnswer.Best(incumbent.path().get(), Math.min(bound, incumbent.objective()));
    }
    return bound == Double.POSITIVE_INFINITY
        ? new SolverAnswer.None()
        : new SolverAnswer.Stopped(bound);
  }

  @Override
  public Series series(PathProblem problem) {
    return new BranchingSeries(this, problem, relativeGap, labelBytes);
  }
}
