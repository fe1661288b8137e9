package org.nemotron.nas.distill;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Tensors;

/** The loss of blockwise local distillation. */
final class NormalisedMse {
  // Shape letters in this file: B = batch, T = tokens, D = model width.

  private NormalisedMse() {}

  /**
   * Returns the child's squared error, relative to the energy of the parent's output.
   *
   * <p>{@code sum((child - parent)^2) / sum(parent^2)} in float32: 0 when the child matches the
   * parent, 1 when it outputs zeros.
   *
   * <p>Source: Puzzle, arXiv:2411.19146, blockwise local distillation.
   *
   * @param parentBTD {@code [B, T, D]}, the frozen block's output; not all zero
   * @param childBTD {@code [B, T, D]}, same dtype and device; gradients flow into this one
   * @return a scalar {@code []}, owned by the current scope
   * @throws IllegalArgumentException if the shapes differ
   */
  static Tensor of(Tensor parentBTD, Tensor childBTD) {
    checkArgument(
        Arrays.equals(parentBTD.shape(), childBTD.shape()),
        "parent and child outputs must have the same shape");
    Tensor parent = Tensors.cast(parentBTD, DType.FLOAT32);
    Tensor child = Tensors.cast(childBTD, DType.FLOAT32);
    return child.sub(parent).square().sum().div(parent.square().sum());
  }
}
