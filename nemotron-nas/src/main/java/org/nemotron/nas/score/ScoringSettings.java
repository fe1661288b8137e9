package org.nemotron.nas.score;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * The settings of a {@link BlockScorer}. Immutable.
 *
 * @param batches batches of held-out text
 * @param candidatesPerPass how many candidates followed by the same layer share one pass through
 *     the rest of the parent
 * @param threads how many such passes run at the same time, one core each; on a GPU fewer, where
 *     its memory does not hold so many
 * @param hiddenStates where the parent's hidden states of a batch are kept
 */
public record ScoringSettings(
    int batches, int candidatesPerPass, int threads, HiddenStates hiddenStates) {
  /** Where the parent's hidden states of a batch are kept for the passes that start from them. */
  public enum HiddenStates {
    /** On the parent's device if they fit there beside the work, else in the machine's memory. */
    AUTOMATIC,
    /** On the parent's device. */
    DEVICE,
    /** In the machine's memory. */
    HOST
  }

  /** Checks the ranges. */
  public ScoringSettings {
    checkArgument(batches > 0, "batches (%s) must be positive", batches);
    checkArgument(
        candidatesPerPass > 0, "candidatesPerPass (%s) must be positive", candidatesPerPass);
    checkArgument(threads > 0, "threads (%s) must be positive", threads);
  }

  /** Makes settings that keep the hidden states where they fit. */
  public ScoringSettings(int batches, int candidatesPerPass, int threads) {
    this(batches, candidatesPerPass, threads, HiddenStates.AUTOMATIC);
  }
}
