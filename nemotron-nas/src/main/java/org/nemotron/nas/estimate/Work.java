package org.nemotron.nas.estimate;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * Arithmetic of one kind. Immutable.
 *
 * @param tokens read from the text, each as often as it is read
 * @param layerFlops floating-point operations in layers, a multiply-add counted as two
 * @param headFlops the same of embedding, head and what is done with logits
 */
public record Work(WorkKind kind, long tokens, double layerFlops, double headFlops) {
  /** Checks that there is no negative work. */
  public Work {
    checkArgument(
        tokens >= 0 && layerFlops >= 0 && headFlops >= 0,
        "work (%s tokens, %s and %s FLOP) must not be negative",
        tokens,
        layerFlops,
        headFlops);
  }

  /** Returns all its floating-point operations. */
  public double flops() {
    return layerFlops + headFlops;
  }

  /** Returns this work {@code times} over. */
  public Work times(double times) {
    return new Work(kind, Math.round(tokens * times), layerFlops * times, headFlops * times);
  }
}
