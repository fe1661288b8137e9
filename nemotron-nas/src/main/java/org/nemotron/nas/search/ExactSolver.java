package org.nemotron.nas.search;

/**
 * The exact method of this library; hands over to SCIP when it would need too much memory.
 *
 * <p>It takes no part of its proof from floating point luck: bounds hold for any prices, paths are
 * checked exactly, and limits are widened by more than rounding before anything is dropped.
 */
final class ExactSolver implements Solver {
  private final Solver fallback;
  private final double relativeGap;

  /** Returns a search that proves the optimum. */
  ExactSolver() {
    this(0);
  }

  /**
   * Returns a search that may stop early.
   *
   * @param relativeGap how far the bound may stay below the score, as a share of the score
   */
  ExactSolver(double relativeGap) {
    this.fallback = new ScipSolver(relativeGap);
    this.relativeGap = relativeGap;
  }

  @Override
  public SolverAnswer solve(LayerGraph network, Deadline deadline) {
    Incumbent incumbent = new Incumbent(network, relativeGap);
    ReducedCostFixing narrowing = new ReducedCostFixing(network, incumbent, false, deadline);
    double better = narrowing.run();
    if (better == Double.POSITIVE_INFINITY && incumbent.narrowMiss()) {
      // A path that misses a row by rounding may have displaced one that does not.
      better = new ReducedCostFixing(network, incumbent, true, deadline).run();
    }
    double bound = Math.max(narrowing.relaxation(), Math.min(better, incumbent.interesting()));
    return better == Double.POSITIVE_INFINITY || deadline.isPast()
        ? answer(incumbent, bound)
        : withFallback(network, deadline, incumbent, bound);
  }

  private SolverAnswer withFallback(
      LayerGraph network, Deadline deadline, Incumbent incumbent, double bound) {
    SolverAnswer other = fallback.solve(network, deadline);
    if (other instanceof SolverAnswer.Best best) {
      incumbent.offer(best.path());
      return answer(incumbent, Math.max(bound, best.bound()));
    }
    boolean empty = other instanceof SolverAnswer.None && incumbent.path().isEmpty();
    return empty ? other : answer(incumbent, bound);
  }

  private static SolverAnswer answer(Incumbent incumbent, double bound) {
    if (incumbent.path().isPresent()) {
      return new SolverAnswer.Best(incumbent.path().get(), Math.min(bound, incumbent.score()));
    }
    return bound == Double.POSITIVE_INFINITY
        ? new SolverAnswer.None()
        : new SolverAnswer.Stopped(bound);
  }

  @Override
  public Series series(LayerGraph network) {
    return new BranchingSeries(this, fallback, network, relativeGap);
  }
}
