package org.nemotron.nas.distill;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Arrays;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;

/**
 * The loss of blockwise local distillation, and its gradient.
 *
 * @param loss {@code sum((child - parent)^2) / sum(parent^2)}, a float32 scalar: 0 when the child
 *     matches the parent, 1 when it outputs zeros
 * @param gradientBTD {@code 2 (child - parent) / sum(parent^2)}, as the child's output
 */
record NormalizedMse(Tensor loss, Tensor gradientBTD) {
  /*
   * Neither is left to automatic differentiation: of the few passes over the outputs that it would
   * make, most would be over float32 copies. Here one pass writes the difference, one adds up its
   * squares (float32, a row at a time), and one scales it in place to the gradient.
   */

  // Shape letters in this file: B = batch, T = tokens, D = model width.

  private static final ScalarTypeOptional SINGLE =
      NativeScope.keep(new ScalarTypeOptional(DType.FLOAT32.scalarType()));

  /**
   * Returns the child's squared error, relative to the energy of the parent's output.
   *
   * <p>Source: Puzzle, arXiv:2411.19146, blockwise local distillation.
   *
   * @param parentBTD {@code [B, T, D]}, the frozen block's output; not all zero
   * @param childBTD {@code [B, T, D]}, same dtype and device
   * @return owned by the current scope
   * @throws IllegalArgumentException if the shapes differ
   */
  static NormalizedMse of(Tensor parentBTD, Tensor childBTD) {
    checkArgument(
        Arrays.equals(parentBTD.shape(), childBTD.shape()),
        "parent and child outputs must have the same shape");
    try (NoGradGuard byHand = new NoGradGuard()) {
      Tensor errorBTD = childBTD.sub(parentBTD);
      Tensor energy = energy(parentBTD);
      Tensor loss = energy(errorBTD).div(energy);
      return new NormalizedMse(loss, errorBTD.mul_(energy.reciprocal().mul(new Scalar(2.0))));
    }
  }

  private static Tensor energy(Tensor valuesBTD) {
    Tensor normsBT =
        torch.linalg_vector_norm(valuesBTD, new Scalar(2.0), new long[] {-1}, false, SINGLE);
    return normsBT.square().sum();
  }
}
