package org.nemotron.nas.distill;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How a whole child is trained. Immutable.
 *
 * <p>The default terms are the paper's best: cosine distance of hidden states and KL of the logits,
 * no language-model loss.
 *
 * @param steps batches seen
 * @param optimizer rate, schedule, decay, clipping
 * @param cosineWeight weight of the sum over layers of {@code 1 - cos}; 0 switches it off
 * @param klWeight weight of KL(parent ‖ child); 0 switches it off
 * @param lmWeight weight of the next-token loss; 0 switches it off
 * @param threads how many parts of a batch are computed at the same time, one core each
 * @param evaluateEvery after how many steps the child is measured; the best one is kept
 */
public record GlobalDistillationSettings(
    int steps,
    OptimizerSettings optimizer,
    double cosineWeight,
    double klWeight,
    double lmWeight,
    int threads,
    int evaluateEvery) {
  /** Checks the ranges. */
  public GlobalDistillationSettings {
    checkArgument(steps >= 0, "steps (%s) must not be negative", steps);
    checkArgument(
        cosineWeight >= 0 && klWeight >= 0 && lmWeight >= 0,
        "weights (cosine %s, KL %s, LM %s) must not be negative",
        cosineWeight,
        klWeight,
        lmWeight);
    checkArgument(
        cosineWeight + klWeight + lmWeight > 0, "at least one term must have a positive weight");
    checkArgument(threads > 0, "threads (%s) must be positive", threads);
    checkArgument(evaluateEvery > 0, "evaluateEvery (%s) must be positive", evaluateEvery);
  }
}
