package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How the architecture found for a target is improved before its distillation: rounds in which
 * candidates are scored within the child and a few of its choices exchanged. Immutable.
 *
 * @param rounds how many rounds at most; 0 keeps what the first search finds
 * @param exchanges how many choices a round may exchange at most; it tries so many, half as many
 *     and so on down to one
 */
public record SearchPlan(int rounds, int exchanges) {
  /** No rounds. */
  public static final SearchPlan DEFAULT = new SearchPlan(0, 4);

  /** Checks the ranges. */
  public SearchPlan {
    checkArgument(rounds >= 0, "search rounds (%s) must not be negative", rounds);
    checkArgument(exchanges > 0, "search exchanges (%s) must be positive", exchanges);
  }

  /** Returns the same with another number of rounds. */
  public SearchPlan withRounds(int other) {
    return new SearchPlan(other, exchanges);
  }

  /** Returns the same with another number of exchanges. */
  public SearchPlan withExchanges(int other) {
    return new SearchPlan(rounds, other);
  }
}
