package org.nemotron.nas.distill;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * AdamW with linear warm-up and cosine decay. Immutable.
 *
 * @param learningRate the highest rate
 * @param warmupFraction share of the steps over which the rate rises from 0
 * @param finalFraction share of the highest rate that is left at the end
 * @param beta1 decay of the mean of gradients
 * @param beta2 decay of the mean of squared gradients
 * @param weightDecay decoupled weight decay
 * @param gradientClip largest norm of the gradients of one candidate, or of the whole child
 */
public record OptimizerSettings(
    double learningRate,
    double warmupFraction,
    double finalFraction,
    double beta1,
    double beta2,
    double weightDecay,
    double gradientClip) {

  /** Checks the ranges. */
  public OptimizerSettings {
    checkArgument(learningRate > 0, "learningRate (%s) must be positive", learningRate);
    checkArgument(
        warmupFraction >= 0 && warmupFraction < 1,
        "warmupFraction (%s) must lie in [0, 1)",
        warmupFraction);
    checkArgument(
        finalFraction >= 0 && finalFraction <= 1,
        "finalFraction (%s) must lie in [0, 1]",
        finalFraction);
    checkArgument(beta1 >= 0 && beta1 < 1, "beta1 (%s) must lie in [0, 1)", beta1);
    checkArgument(beta2 >= 0 && beta2 < 1, "beta2 (%s) must lie in [0, 1)", beta2);
    checkArgument(weightDecay >= 0, "weightDecay (%s) must not be negative", weightDecay);
    checkArgument(gradientClip > 0, "gradientClip (%s) must be positive", gradientClip);
  }

  /** Returns the usual settings (warm-up 5 %, betas 0.9 and 0.95, clip 1) with this rate. */
  public static OptimizerSettings ofRate(double learningRate) {
    return new OptimizerSettings(learningRate, 0.05, 0.02, 0.9, 0.95, 0.01, 1.0);
  }

  /**
   * Returns the rate of one step: rising linearly, then falling along half a cosine.
   *
   * @param step from 0
   * @param steps how many there are
   */
  public double rateAt(int step, int steps) {
    double warmup = warmupFraction * steps;
    if (step < warmup) {
      return learningRate * (step + 1) / (warmup + 1);
    }
    double progress = (step - warmup) / Math.max(1, steps - warmup);
    double cosine = (1 + Math.cos(Math.PI * progress)) / 2;
    return learningRate * (finalFraction + (1 - finalFraction) * cosine);
  }
}
