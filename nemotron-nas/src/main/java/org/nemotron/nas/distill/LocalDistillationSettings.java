package org.nemotron.nas.distill;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How the candidates of a library are trained. Immutable.
 *
 * @param steps batches seen by every candidate
 * @param optimizer rate, schedule, decay, clipping
 * @param divergenceFactor a candidate is stopped when its loss exceeds this many times its first
 *     one (or 1, if that is larger)
 * @param residentLayers how many layers' candidates train from the same passes of the parent; 0 for
 *     all on the CPU, and on a GPU as many as its memory holds. The result does not depend on it
 */
public record LocalDistillationSettings(
    int steps, OptimizerSettings optimizer, double divergenceFactor, int residentLayers) {
  /** 30 steps at a rate of up to 0.002: minutes for a small parent on a laptop. */
  public static final LocalDistillationSettings DEFAULT =
      new LocalDistillationSettings(30, OptimizerSettings.ofRate(2e-3), 10, 0);

  /** Checks the ranges. */
  public LocalDistillationSettings {
    checkArgument(steps > 0, "steps (%s) must be positive", steps);
    checkArgument(divergenceFactor > 1, "divergenceFactor (%s) must exceed 1", divergenceFactor);
    checkArgument(residentLayers >= 0, "residentLayers (%s) must not be negative", residentLayers);
  }

  /** Returns these settings with another number of steps. */
  public LocalDistillationSettings withSteps(int other) {
    return new LocalDistillationSettings(other, optimizer, divergenceFactor, residentLayers);
  }

  /** Returns these settings with another optimizer. */
  public LocalDistillationSettings withOptimizer(OptimizerSettings other) {
    return new LocalDistillationSettings(steps, other, divergenceFactor, residentLayers);
  }

  /** Returns these settings with another limit on the growth of a loss. */
  public LocalDistillationSettings withDivergenceFactor(double other) {
    return new LocalDistillationSettings(steps, optimizer, other, residentLayers);
  }

  /** Returns these settings with another number of layers at a time. */
  public LocalDistillationSettings withResidentLayers(int other) {
    return new LocalDistillationSettings(steps, optimizer, divergenceFactor, other);
  }
}
