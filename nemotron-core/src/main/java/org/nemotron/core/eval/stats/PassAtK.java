package org.nemotron.core.eval.stats;

import static com.google.common.base.Preconditions.checkArgument;

/** The chance that one of k samples is right, estimated from more samples. */
public final class PassAtK {
  private PassAtK() {}

  /**
   * Returns the unbiased estimate from {@code samples} of which {@code right} are right.
   *
   * <p>{@code 1 - product over i from samples - right + 1 to samples of (1 - k / i)}; 1 where fewer
   * than k are wrong. Source: Chen et al., arXiv:2107.03374.
   */
  public static double estimate(int samples, int right, int k) {
    checkArgument(
        0 < k && k <= samples, "k (%s) must be from 1 to the number of samples (%s)", k, samples);
    checkArgument(
        0 <= right && right <= samples,
        "right (%s) must be from 0 to the number of samples (%s)",
        right,
        samples);
    if (samples - right < k) {
      return 1;
    }
    double allWrong = 1;
    for (int i = samples - right + 1; i <= samples; i++) {
      allWrong *= 1 - (double) k / i;
    }
    return 1 - allWrong;
  }
}
