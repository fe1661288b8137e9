package org.nemotron.core.nn;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Root-mean-square normalization: {@code x / sqrt(mean(x^2) + eps) * weight} over the last
 * dimension, the mean in float32.
 *
 * <p>Source: Zhang and Sennrich, arXiv:1910.07467.
 */
public final class RmsNorm {
  private final Tensor weightD;
  private final double eps;

  /** Makes the norm with this weight, {@code [D]}; the weight is held by the caller. */
  public RmsNorm(Tensor weightD, double eps) {
    this.weightD = weightD;
    this.eps = eps;
  }

  /** Returns the normalized input, of the same shape. */
  public Tensor apply(Tensor inputBTD) {
    return torch.rms_norm(
        inputBTD,
        new long[] {weightD.size(0)},
        new TensorOptional(weightD),
        new DoubleOptional(eps));
  }
}
