package org.nemotron.core.nn;

import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.cuda.CardKernel.Shape;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Tensors;

/** Compares rows of bfloat16 logits on a card in one pass over them. */
final class CardComparison {
  // Shape letters in this file: C = tokens of a chunk, V = vocabulary.

  private static final int THREADS = 512;

  private CardComparison() {}

  /** Returns whether the logits of {@code model} are of the kind that is compared here. */
  static boolean suits(HeterogeneousModel model) {
    return !model.device().equals(Device.CPU) && model.dtype() == DType.BFLOAT16;
  }

  static PredictionComparison.Rows of(
      Device device, Tensor parentCV, Tensor normalizersC, Tensor logitsCV, Tensor targetsC) {
    long rows = logitsCV.size(0);
    Tensor results3C = Tensors.uninitialised(device, DType.FLOAT32, 3, rows);
    WholeSequenceKernels.of(device)
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
    return new PredictionComparison.Rows(
        results3C.select(0, 0), results3C.select(0, 1), results3C.select(0, 2));
  }
}
