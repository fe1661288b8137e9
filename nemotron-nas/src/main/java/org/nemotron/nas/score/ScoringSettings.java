package org.nemotron.nas.score;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How candidates are scored. Immutable.
 *
 * @param batches batches of held-out text
 * @param candidatesPerPass how many candidates with the same layer behind them share one pass
 *     through the rest of the parent
 * @param threads how many such passes run at the same time, one core each
 */
public record ScoringSettings(int batches, int candidatesPerPass, int threads) {
  /** Checks the ranges. */
  public ScoringSettings {
    checkArgument(batches > 0, "batches (%s) must be positive", batches);
    checkArgument(
        candidatesPerPass > 0, "candidatesPerPass (%s) must be positive", candidatesPerPass);
    checkArgument(threads > 0, "threads (%s) must be positive", threads);
  }
}
