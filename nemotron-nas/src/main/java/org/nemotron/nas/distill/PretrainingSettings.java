package org.nemotron.nas.distill;

import static com.google.common.base.Preconditions.checkArgument;

import org.nemotron.core.tensor.Seed;

/**
 * How a model is trained on text alone. Immutable.
 *
 * @param steps how many updates; at least 1
 * @param optimizer rates and their schedule
 * @param skippedShare probability with which a step leaves out a sub-block (attention or FFN), from
 *     0 to below 1: LayerDrop, arXiv:1909.11556, by sub-blocks; 0 trains all of the model in every
 *     step
 * @param seed decides what is left out
 */
public record PretrainingSettings(
    int steps, OptimizerSettings optimizer, double skippedShare, Seed seed) {

  /** Checks the ranges. */
  public PretrainingSettings {
    checkArgument(steps > 0, "steps (%s) must be positive", steps);
    checkArgument(
        skippedShare >= 0 && skippedShare < 1,
        "skippedShare (%s) must lie in [0, 1)",
        skippedShare);
  }
}
