package org.nemotron.core.backend.cuda;

import com.google.common.primitives.ImmutableDoubleArray;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * Cosines and sines of all rotary positions of a model on a GPU, {@code [P, H]} in float32: the
 * cosines of a position's pairs, then the sines.
 */
final class CudaRotaryCache implements AutoCloseable {
  private final CudaTensor table;

  CudaRotaryCache(ModelSpec spec, Device device) {
    ImmutableDoubleArray frequencies = spec.rope().inverseFrequencies(spec.headDim());
    int half = spec.headDim() / 2;
    float[] values = new float[Math.multiplyExact(spec.maxPositions(), spec.headDim())];
    for (int position = 0; position < spec.maxPositions(); position++) {
      for (int pair = 0; pair < half; pair++) {
        double angle = position * frequencies.get(pair);
        values[position * spec.headDim() + pair] = (float) Math.cos(angle);
        values[position * spec.headDim() + half + pair] = (float) Math.sin(angle);
      }
    }
    try (NativeScope scope = NativeScope.open()) {
      this.table =
          CudaTensor.of(
              Tensors.move(
                  Tensors.of(values, spec.maxPositions(), spec.headDim()), device, DType.FLOAT32));
    }
  }

  long address() {
    return table.address();
  }

  @Override
  public void close() {
    table.close();
  }
}
