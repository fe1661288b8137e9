package org.nemotron.nas.search;

/**
 * The exact method of this library; hands over to another solver when it would need too much
 * memory.
 *
 * <p>It takes no part of its proof from floating point luck: bounds hold for any prices, paths are
 * checked exactly, and limits are widened by more than rounding before anything is dropped.
 */
final class PrunedSearch implements Solver {
  private final Solver fallback;

  /** Returns a search that hands what is too large for it to {@code fallback}. */
  PrunedSearch(Solver fallback) {
    this.fallback = fallback;
  }

  @Override
  public Answer solve(Network network, Deadline deadline) {
    Incumbent incumbent = new Incumbent(network);
    double bound = new Narrowing(network, incumbent, false, deadline).run();
    if (bound == Double.POSITIVE_INFINITY && incumbent.narrowMiss()) {
      // A path that misses a row by rounding may have displaced one that does not.
      bound = new Narrowing(network, incumbent, true, deadline).run();
    }
    if (bound == Double.POSITIVE_INFINITY || deadline.isPast()) {
      return answer(incumbent, bound);
    }
    return better(incumbent, bound, fallback.solve(network, deadline));
  }

  @Override
  public Series series(Network network) {
    return new CellSeries(this, fallback, network);
  }

  private static Answer answer(Incumbent incumbent, double bound) {
    if (incumbent.path().isPresent()) {
      return new Answer.Best(incumbent.path().get(), Math.min(bound, incumbent.score()));
    }
    return bound == Double.POSITIVE_INFINITY ? new Answer.None() : new Answer.Stopped(bound);
  }

  private static Answer better(Incumbent incumbent, double bound, Answer other) {
    if (other instanceof Answer.Best best) {
      incumbent.offer(best.path());
      return answer(incumbent, Math.max(bound, best.bound()));
    }
    return other instanceof Answer.None ? other : answer(incumbent, bound);
  }
}
