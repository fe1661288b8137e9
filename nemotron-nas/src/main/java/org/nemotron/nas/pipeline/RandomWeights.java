package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Longs;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.nas.pipeline.CompressionPlan.Execution;

/** Models of a shape, with random weights: for what depends on shapes alone. */
final class RandomWeights {
  private static final double SCALE = 0.02;

  private RandomWeights() {}

  /** Returns a model on the device and in the element type of a run; the caller closes it. */
  static HeterogeneousModel model(ModelSpec spec, Execution execution) {
    try (NativeScope scope = NativeScope.open()) {
      ImmutableMap.Builder<String, Tensor> weights = ImmutableMap.builder();
      spec.tensorShapes().forEach((name, shape) -> weights.put(name, random(shape, execution)));
      try (NamedTensors holder = NamedTensors.of(weights.buildOrThrow())) {
        return HeterogeneousModel.of(spec, holder);
      }
    }
  }

  private static Tensor random(ImmutableList<Long> shape, Execution execution) {
    long[] sizes = Longs.toArray(shape);
    return shape.size() == 1
        ? torch.ones(sizes, execution.device().options(execution.dtype()))
        : torch.randn(sizes, execution.device().options(execution.dtype())).mul_(new Scalar(SCALE));
  }
}
