package org.nemotron.core.activation;

import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.cuda.CudaKernel.Shape;
import org.nemotron.core.cuda.FusedKernels;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Tensors;

/** Compares rows of bfloat16 logits on a GPU in one pass over them. */
final class CudaLogitComparison {
  // Shape letters in this file: C = tokens of a chunk, V = vocabulary.

  private static final int THREADS = 512;

  private CudaLogitComparison() {}

  /** Returns whether the logits of {@code model} are of the kind that is compared here. */
  static boolean suits(HeterogeneousModel model) {
    return !model.device().equals(Device.CPU) && model.dtype() == DType.BFLOAT16;
  }

  static LogitComparison.Rows of(
      Device device, Tensor parentCV, Tensor normalizersC, Tensor logitsCV, Tensor targetsC) {
    long rows = logitsCV.size(0);
    Tensor results3C = Tensors.uninitialized(device, DType.FLOAT32, 3, rows);
    FusedKernels.of(device)
        .launch(
            "compare",
            Shape.of(Math.toIntExact(rows), THREADS),
            launcher ->
                launcher
                    .tensor(parentCV)
                    .tensor(normalizersC)
                    .tensor(logitsCV)
                    .tensor(targetsC)
                    .tensor(results3C)
                    .number(Math.toIntExact(logitsCV.size(1))));
    return new LogitComparison.Rows(
        results3C.select(0, 0), results3C.select(0, 1), results3C.select(0, 2));
  }
}
