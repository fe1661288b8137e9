package org.nemotron.core.activation;

import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/** How far one prediction is from another. */
public final class Divergences {
  private Divergences() {}

  /**
   * Returns KL(parent ‖ child) of every position, in nats.
   *
   * <p>{@code sum over v of p_v (log p_v - log q_v)}; p the parent's probabilities, q the child's.
   *
   * @param parentLogXV log-probabilities, any leading dimensions, the vocabulary last
   * @param childLogXV the same shape; gradients flow into this one
   * @return the leading dimensions, owned by the current scope
   */
  public static Tensor kl(Tensor parentLogXV, Tensor childLogXV) {
    return parentLogXV
        .exp()
        .mul(parentLogXV.sub(childLogXV))
        .sum(new long[] {-1}, false, new ScalarTypeOptional());
  }
}
