package org.nemotron.core.checkpoint.huggingface;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How DeciLM spells the intermediate size of an FFN: not as a number of channels but as a multiple
 * of the hidden size, from which every reader computes the channels.
 *
 * <p>{@code channels = ceil256(trunc(2 * multiplier * hidden / 3))}: only multiples of 256 can be
 * said. Any other width is stored with channels of zeros up to the next multiple, which changes no
 * output: a zero row of gate and up gives a zero activation, and a zero column of down ignores it.
 */
public final class DeciLmWidths {
  private static final int STEP = 256;

  private DeciLmWidths() {}

  /** Returns the least width that can be said and has room for {@code channels}. */
  static int storedChannels(int channels) {
    return Math.toIntExact(ceil(channels));
  }

  /**
   * Returns the multiplier that stands for {@code storedChannels}, to 6 decimals as readers round.
   *
   * @throws IllegalArgumentException if no such multiplier leads back to that width
   */
  static double multiplier(int storedChannels, int hiddenSize) {
    double multiplier = rounded(1.5 * storedChannels / hiddenSize);
    checkArgument(
        channels(multiplier, hiddenSize) == storedChannels,
        "a width of %s channels cannot be written as a ffn_mult at a hidden size of %s",
        storedChannels,
        hiddenSize);
    return multiplier;
  }

  /** Returns the width that {@code multiplier} stands for. */
  static long channels(double multiplier, int hiddenSize) {
    return ceil((long) (2 * multiplier * hiddenSize / 3));
  }

  private static long ceil(long channels) {
    return (channels + STEP - 1) / STEP * STEP;
  }

  private static double rounded(double multiplier) {
    return Math.rint(multiplier * 1e6) / 1e6;
  }
}
