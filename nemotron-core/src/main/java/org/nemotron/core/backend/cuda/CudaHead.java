package org.nemotron.core.backend.cuda;

import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.cuda.CudaKernel.Shape;
import org.nemotron.core.cuda.KernelLauncher;

/**
 * The product that makes logits, in float32. With weights of 8 bits the normalized rows are rounded
 * to 8 bits too, and the logits are multiplied by both scales behind the product.
 */
final class CudaHead {
  // Shape letters in this file: L = rows, D = model width, V = vocabulary.

  private static final int ROUND_THREADS = 256;
  private static final int SCALE_THREADS = 256;
  private static final int ELEMENTS_EACH = 4;

  private final PackedLinear weight;
  private final StepKernels kernels;
  private final KernelLauncher launcher;

  CudaHead(PackedLinear weight, CudaBackend device) {
    this.weight = weight;
    this.kernels = device.kernels();
    this.launcher = device.launcher();
  }

  /**
   * Puts the logits of rows into the stream.
   *
   * @param normalizedLD bfloat16
   * @param space whose room for 8-bit floats is used
   * @param logitsLV float32, receives them
   */
  void logits(Tensor normalizedLD, CudaWorkspace space, Tensor logitsLV) {
    if (weight.scales() == 0) {
      weight.multiplyToFloat(normalizedLD, logitsLV);
      return;
    }
    int rows = Math.toIntExact(normalizedLD.size(0));
    launcher
        .tensor(normalizedLD)
        .address(space.fp8().address())
        .address(space.fp8Scales().address())
        .number(weight.inputs());
    kernels.of("to_fp8").launch(launcher, Shape.of(rows, ROUND_THREADS));
    Tensor eightLD = CudaFfn.rows(space.fp8(), rows, weight.inputs());
    weight.multiplyUnscaledToFloat(eightLD, space.one().tensor(), logitsLV);
    launcher
        .tensor(logitsLV)
        .address(space.fp8Scales().address())
        .address(weight.scales())
        .number(weight.outputs());
    int each = SCALE_THREADS * ELEMENTS_EACH;
    int blocks = (weight.outputs() + each - 1) / each;
    kernels.ofEight("scale_logits").launch(launcher, new Shape(blocks, rows, 1, SCALE_THREADS, 0));
  }
}
