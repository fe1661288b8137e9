package org.nemotron.core.backend.parallel;

import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.inference.KvScales;
import org.nemotron.core.inference.WeightSource;

/** Tensors that one rank at a time asks for; what they were asked for is then done side by side. */
final class LockedWeights implements WeightSource {
  private final WeightSource source;

  LockedWeights(WeightSource source) {
    this.source = source;
  }

  @Override
  public synchronized Tensor get(String name) {
    return source.get(name);
  }

  @Override
  public synchronized Tensor get(int layer, String name) {
    return source.get(layer, name);
  }

  @Override
  public synchronized KvScales kvScales(int layer) {
    return source.kvScales(layer);
  }
}
