package org.nemotron.core.backend.cuda;

import java.util.Optional;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.LinearSubBlock;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Resources;

/** {@link LinearSubBlock} in steps on a GPU. */
final class CudaLinearSubBlock implements CudaSubBlock {
  private final CudaRmsNorm norm;
  private final PackedLinear weight;
  private final Resources parts;

  CudaLinearSubBlock(LinearSubBlock linear, double eps, Device device, WeightFormat format) {
    try (Resources made = new Resources()) {
      this.norm = made.add(new CudaRmsNorm(linear.normWeightD(), eps, device), CudaRmsNorm::close);
      this.weight =
          made.add(PackedLinear.of(linear.weightDD(), device, format), PackedLinear::close);
      this.parts = made.complete();
    }
  }

  @Override
  public void run(CudaStep step, int layer) {
    step.multiply(weight, step.normalized(norm), step.delta(Optional.empty()));
  }

  @Override
  public void list(WorkList parts, CudaKvCache.Layer memory) {
    parts.linear(norm, weight);
  }

  @Override
  public long weightBytes() {
    return weight.bytes();
  }

  @Override
  public int joinedWidth() {
    return 0;
  }

  @Override
  public int innerWidth() {
    return 0;
  }

  @Override
  public void close() {
    parts.close();
  }
}
