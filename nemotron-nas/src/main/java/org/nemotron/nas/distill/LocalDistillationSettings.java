package org.nemotron.nas.distill;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How the candidates of a library are trained. Immutable.
 *
 * @param steps batches seen by every candidate
 * @param optimizer rate, schedule, decay, clipping
 * @param threads how many candidates train at the same time, one core each
 * @param divergenceFactor a candidate is stopped when its loss exceeds this many times its first
 *     one (or 1, if that is larger)
 */
public record LocalDistillationSettings(
    int steps, OptimizerSettings optimizer, int threads, double divergenceFactor) {
  /** Checks the ranges. */
  public LocalDistillationSettings {
    checkArgument(steps > 0, "steps (%s) must be positive", steps);
    checkArgument(threads > 0, "threads (%s) must be positive", threads);
    checkArgument(divergenceFactor > 1, "divergenceFactor (%s) must exceed 1", divergenceFactor);
  }
}
