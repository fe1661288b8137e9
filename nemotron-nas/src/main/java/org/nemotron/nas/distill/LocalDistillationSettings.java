package org.nemotron.nas.distill;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How the candidates of a library are trained. Immutable.
 *
 * @param steps batches seen by every candidate
 * @param optimizer rate, schedule, decay, clipping
 * @param threads how many candidates train at the same time, one core each; on a GPU fewer, where
 *     its memory does not hold so many
 * @param divergenceFactor a candidate is stopped when its loss exceeds this many times its first
 *     one (or 1, if that is larger)
 * @param residentLayers how many layers' candidates train from the same passes of the parent; 0 for
 *     all on the CPU, and on a GPU as many as its memory holds. The result does not depend on it
 */
public record LocalDistillationSettings(
    int steps,
    OptimizerSettings optimizer,
    int threads,
    double divergenceFactor,
    int residentLayers) {
  /** Checks the ranges. */
  public LocalDistillationSettings {
    checkArgument(steps > 0, "steps (%s) must be positive", steps);
    checkArgument(threads > 0, "threads (%s) must be positive", threads);
    checkArgument(divergenceFactor > 1, "divergenceFactor (%s) must exceed 1", divergenceFactor);
    checkArgument(residentLayers >= 0, "residentLayers (%s) must not be negative", residentLayers);
  }

  /** Makes settings with as many layers at a time as suit the device. */
  public LocalDistillationSettings(
      int steps, OptimizerSettings optimizer, int threads, double divergenceFactor) {
    this(steps, optimizer, threads, divergenceFactor, 0);
  }
}
