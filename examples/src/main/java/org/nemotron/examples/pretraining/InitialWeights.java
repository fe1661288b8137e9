package org.nemotron.examples.pretraining;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Longs;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;

/**
 * The weights that training begins with: normal, norms 1, and the projections that add to the
 * residual stream smaller, so that their sum does not grow with depth.
 *
 * <p>Source: Radford et al., Language Models are Unsupervised Multitask Learners, 2019.
 */
final class InitialWeights {
  private static final double DEVIATION = 0.02;

  /** The width that the deviation is meant for. */
  private static final double USUAL_WIDTH = 768;

  private final ModelSpec spec;
  private final Seed seed;

  InitialWeights(ModelSpec spec, Seed seed) {
    this.spec = spec;
    this.seed = seed;
  }

  /** Returns a model that the caller closes; its values depend on spec and seed only. */
  HeterogeneousModel model(Device device, DType dtype) {
    try (NativeScope scope = NativeScope.open()) {
      ImmutableMap.Builder<String, Tensor> weights = ImmutableMap.builder();
      for (Map.Entry<String, ImmutableList<Long>> entry : spec.tensorShapes().entrySet()) {
        weights.put(
            entry.getKey(), Tensors.move(tensor(entry.getKey(), entry.getValue()), device, dtype));
      }
      try (NamedTensors holder = NamedTensors.of(weights.buildOrThrow())) {
        return HeterogeneousModel.of(spec, holder);
      }
    }
  }

  private Tensor tensor(String name, ImmutableList<Long> sizes) {
    long[] shape = Longs.toArray(sizes);
    long elements = 1;
    for (long size : shape) {
      elements = Math.multiplyExact(elements, size);
    }
    float[] values = new float[Math.toIntExact(elements)];
    SplittableRandom random = seed.named(name).random();
    for (int i = 0; i < values.length; i++) {
      values[i] =
          shape.length == 1
              ? initialVector(name)
              : (float) (deviation(name) * random.nextGaussian());
    }
    return Tensors.of(values, shape);
  }

  private static float initialVector(String name) {
    return name.endsWith("norm.weight") ? 1 : 0;
  }

  private double deviation(String name) {
    double usual = DEVIATION * Math.sqrt(USUAL_WIDTH / spec.width());
    boolean adds = name.endsWith("o_proj.weight") || name.endsWith("down_proj.weight");
    return adds ? usual / Math.sqrt(2.0 * spec.layers()) : usual;
  }
}
