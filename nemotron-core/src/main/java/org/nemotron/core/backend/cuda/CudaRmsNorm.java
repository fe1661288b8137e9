package org.nemotron.core.backend.cuda;

import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** A norm's weight on a GPU. */
final class CudaRmsNorm implements AutoCloseable {
  private final CudaTensor weight;
  private final float eps;

  CudaRmsNorm(Tensor weightD, double eps, Device device) {
    try (NativeScope scope = NativeScope.open()) {
      this.weight = CudaTensor.of(Tensors.move(weightD, device, DType.BFLOAT16));
    }
    this.eps = (float) eps;
  }

  CudaTensor weight() {
    return weight;
  }

  float eps() {
    return eps;
  }

  @Override
  public void close() {
    weight.close();
  }
}
