package org.nemotron.nas.library;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How an assembled child is refitted. Immutable.
 *
 * @param batches how many batches of calibration text are used; 0 leaves children as assembled
 * @param ridge how strongly the fit is pulled toward the weights there are, as a share of the mean
 *     square of a projection's inputs
 */
public record RefitSettings(int batches, double ridge) {
  /** 48 batches, pulled strongly. */
  public static final RefitSettings DEFAULT = new RefitSettings(48, 0.1);

  /** Children stay as assembled. */
  public static final RefitSettings NONE = new RefitSettings(0, 0.1);

  /** Checks the ranges. */
  public RefitSettings {
    checkArgument(batches >= 0, "refit batches (%s) must not be negative", batches);
    checkArgument(ridge > 0 && Double.isFinite(ridge), "refit ridge (%s) must be positive", ridge);
  }

  /** Returns the same with another number of batches. */
  public RefitSettings withBatches(int other) {
    return new RefitSettings(other, ridge);
  }
}
