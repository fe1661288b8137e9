package org.nemotron.nas.distill;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.cuda.CudaKernel;
import org.nemotron.core.cuda.FusedKernels;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Tensors;

/**
 * Terms of the loss with their gradients, one kernel each for bfloat16 tensors on a GPU. LibTorch's
 * operations pass over the same rows some thirty times, in float32.
 */
final class CudaLossTerms {
  // Shape letters in this file: R = tokens (rows), D = model width, V = vocabulary.

  private static final int THREADS = 256;
  private static final int THREADS_OF_LOGITS = 512;

  private CudaLossTerms() {}

  /** A term, and its gradient by the child's part. */
  record Term(Tensor loss, Tensor gradient) {}

  /** Returns whether the kernels are for tensors like this one. */
  static boolean serve(Tensor tensor) {
    return tensor.is_cuda() && DType.of(tensor) == DType.BFLOAT16;
  }

  /**
   * Returns {@code scale * (1 - cos)}, summed over rows, and its gradient, owned by the current
   * scope.
   *
   * @param parentRD contiguous, any leading dimensions
   * @param childRD the same shape
   */
  static Term cosine(Tensor parentRD, Tensor childRD, double scale, double eps) {
    long width = childRD.size(childRD.dim() - 1);
    Tensor gradientRD = torch.empty_like(childRD);
    Tensor distancesR = rows(childRD, width);
    launch(
        "cosine_gradient",
        distancesR,
        THREADS,
        launcher ->
            launcher
                .tensor(parentRD)
                .tensor(childRD)
                .tensor(gradientRD)
                .tensor(distancesR)
                .number((float) scale)
                .number((float) eps)
                .number(Math.toIntExact(width)));
    return new Term(distancesR.sum(), gradientRD);
  }

  /**
   * Returns {@code scale * KL(parent ‖ child)}, summed over rows, and its gradient, owned by the
   * current scope.
   *
   * @param parentRV logits, contiguous
   * @param childRV logits of the same shape; the gradient takes their place
   */
  static Term kl(Tensor parentRV, Tensor childRV, double scale) {
    long vocabulary = childRV.size(1);
    Tensor divergencesR = rows(childRV, vocabulary);
    launch(
        "kl_gradient",
        divergencesR,
        THREADS_OF_LOGITS,
        launcher ->
            launcher
                .tensor(parentRV)
                .tensor(childRV)
                .tensor(divergencesR)
                .number((float) scale)
                .number(Math.toIntExact(vocabulary)));
    return new Term(divergencesR.sum(), childRV);
  }

  private static Tensor rows(Tensor tensor, long columns) {
    return Tensors.uninitialized(Tensors.device(tensor), DType.FLOAT32, tensor.numel() / columns);
  }

  private static void launch(
      String kernel, Tensor rows, int threads, FusedKernels.Arguments arguments) {
    FusedKernels.of(Tensors.device(rows))
        .launch(kernel, CudaKernel.Shape.of(Math.toIntExact(rows.numel()), threads), arguments);
  }
}
