package org.nemotron.core.inference;

import org.nemotron.core.tensor.NonFiniteException;

/** Whether a model's logits are numbers: what overflows on the way arrives as NaN or infinity. */
public final class FiniteLogits {
  private FiniteLogits() {}

  /**
   * Checks that all of {@code logits} are finite.
   *
   * @param position of the token behind which they are, in its sequence
   * @throws NonFiniteException if one is not
   */
  public static void check(float[] logits, int position) {
    for (int token = 0; token < logits.length; token++) {
      if (!Float.isFinite(logits[token])) {
        throw new NonFiniteException(
            "position "
                + position
                + ": the logit of token "
                + token
                + " ("
                + logits[token]
                + ") must be finite.\n"
                + "Maybe the weights are damaged, or so large that sums in float32 overflow.");
      }
    }
  }
}
