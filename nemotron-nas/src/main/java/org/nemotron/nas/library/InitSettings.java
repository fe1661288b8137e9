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

  /** Returns a builder that has the settings of {@link #DEFAULT}. */
  public static Builder builder() {
    return DEFAULT.toBuilder();
  }

  /** Returns a builder that has these settings. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Builds {@link InitSettings}. */
  public static final class Builder {
    private ChannelImportance channels;
    private KvHeadStart kvHeads;
    private int calibrationBatches;
    private boolean refit;

    private Builder(InitSettings settings) {
      this.channels = settings.channels;
      this.kvHeads = settings.kvHeads;
      this.calibrationBatches = settings.calibrationBatches;
      this.refit = settings.refit;
    }

    /** Sets how the importance of channels is measured. */
    public Builder channels(ChannelImportance importance) {
      channels = importance;
      return this;
    }

    /** Sets how fewer key/value heads are made from the parent's. */
    public Builder kvHeads(KvHeadStart start) {
      kvHeads = start;
      return this;
    }

    /** Sets how many batches of tokens importance is measured on. */
    public Builder calibrationBatches(int batches) {
      calibrationBatches = batches;
      return this;
    }

    /** Sets whether last projections are fitted before training. */
    public Builder refit(boolean fitted) {
      refit = fitted;
      return this;
    }

    /**
     * Returns the settings.
     *
     * @throws IllegalArgumentException if there is no batch
     */
    public InitSettings build() {
      return new InitSettings(channels, kvHeads, calibrationBatches, refit);
    }
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
