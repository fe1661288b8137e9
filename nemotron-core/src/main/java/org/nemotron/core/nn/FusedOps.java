package org.nemotron.core.nn;

import com.google.common.math.IntMath;
import java.math.RoundingMode;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.cuda.CudaKernel.Shape;
import org.nemotron.core.cuda.FusedKernels;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Tensors;

/**
 * Elementwise work of forward passes. On a GPU and without gradients each is one kernel in place of
 * several of LibTorch's, with the same roundings; elsewhere it is composed of LibTorch's
 * operations.
 */
final class FusedOps {
  // Shape letters in this file: B = batch, T = tokens, N = heads, H = head size.

  private static final int THREADS = 256;

  /** A thread loads 16 bytes at a time. */
  private static final int ELEMENTS = 8;

  private FusedOps() {}

  private static boolean serve(Tensor tensor) {
    return tensor.is_cuda() && !GradMode.is_enabled() && DType.of(tensor) == DType.BFLOAT16;
  }

  /** Returns whether {@link #gated} is one kernel. */
  static boolean fusesGated(Tensor gates, Tensor ups) {
    return serve(gates)
        && gates.numel() % ELEMENTS == 0
        && gates.is_contiguous()
        && ups.is_contiguous();
  }

  /**
   * Returns {@code silu(gates) * ups}, owned by the current scope.
   *
   * @param gates used up: may hold the result afterwards
   */
  static Tensor gated(Tensor gates, Tensor ups) {
    return fusesGated(gates, ups) ? fusedGated(gates, ups) : torch.silu(gates).mul(ups);
  }

  private static Tensor fusedGated(Tensor gates, Tensor ups) {
    int eighths = Math.toIntExact(gates.numel() / ELEMENTS);
    launch("gate", eighths, gates, launcher -> launcher.tensor(gates).tensor(ups).number(eighths));
    return gates;
  }

  /** Returns whether {@link #rotated} is one kernel. */
  static boolean fusesRotated(Tensor headsBNTH) {
    return serve(headsBNTH)
        && headsBNTH.size(3) % (2 * ELEMENTS) == 0
        && headsBNTH.transpose(1, 2).is_contiguous();
  }

  /**
   * Returns {@code x * cos + roll(x, H/2) * sin}, owned by the current scope.
   *
   * @param cosinesTH of the positions of the tokens
   * @param sinesTH likewise, the first half negated
   */
  static Tensor rotated(Tensor headsBNTH, Tensor cosinesTH, Tensor sinesTH) {
    if (fusesRotated(headsBNTH)) {
      return fusedRotated(headsBNTH, cosinesTH, sinesTH);
    }
    Tensor swappedBNTH = torch.roll(headsBNTH, new long[] {headsBNTH.size(3) / 2}, new long[] {3});
    return headsBNTH.mul(cosinesTH).addcmul(swappedBNTH, sinesTH);
  }

  /** The same of heads that lie as {@code [B, T, N, H]}. */
  private static Tensor fusedRotated(Tensor headsBNTH, Tensor cosinesTH, Tensor sinesTH) {
    Tensor resultBTNH = torch.empty_like(headsBNTH.transpose(1, 2));
    int pieces = Math.toIntExact(headsBNTH.numel() / (2 * ELEMENTS));
    launch(
        "rotate",
        pieces,
        headsBNTH,
        launcher ->
            launcher
                .tensor(headsBNTH)
                .tensor(resultBTNH)
                .tensor(cosinesTH)
                .tensor(sinesTH)
                .number((int) headsBNTH.size(2))
                .number((int) headsBNTH.size(1))
                .number((int) headsBNTH.size(3) / ELEMENTS)
                .number(pieces));
    return resultBTNH.transpose(1, 2);
  }

  private static void launch(
      String kernel, int threads, Tensor on, FusedKernels.Arguments arguments) {
    FusedKernels.of(Tensors.device(on))
        .launch(
            kernel,
            Shape.of(IntMath.divide(threads, THREADS, RoundingMode.CEILING), THREADS),
            arguments);
  }
}
