package org.nemotron.nas.library;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How candidates get their starting weights. Immutable.
 *
 * @param channels how the importance of channels is measured
 * @param kvHeads how fewer key/value heads are made from the parent's
 * @param calibrationBatches batches of tokens that importance is measured on
 * @param refit whether the last projection of each candidate is fitted to the parent's output by
 *     least squares before it is trained
 */
public record InitSettings(
    ChannelImportance channels, KvHeadStart kvHeads, int calibrationBatches, boolean refit) {

  /** Iterative elimination, mean pooling, 16 batches, with the least-squares fit. */
  public static final InitSettings DEFAULT =
      new InitSettings(ChannelImportance.ITERATIVE, KvHeadStart.MEAN_POOLING, 16, true);

  /** Checks the count. */
  public InitSettings {
    checkArgument(
        calibrationBatches > 0, "calibrationBatches (%s) must be positive", calibrationBatches);
  }

  /** How the importance of channels is measured. */
  public enum ChannelImportance {
    /** Each by itself: the paper's formula. */
    INDEPENDENT,
    /** Correlation-aware backward elimination. */
    ITERATIVE
  }

  /** How fewer key/value heads are made from the parent's. */
  public enum KvHeadStart {
    /** The mean of neighboring heads: the paper's. */
    MEAN_POOLING,
    /** The most important heads; the query heads of the others start without effect. */
    BEST_HEADS
  }
}
