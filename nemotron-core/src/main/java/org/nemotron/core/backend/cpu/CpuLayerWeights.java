package org.nemotron.core.backend.cpu;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * The tensors of one layer, made ready for a team of threads. What is read for one product is let
 * go before the next is read.
 *
 * @param source all tensors of the model
 * @param layer which layer
 * @param eps of all norms
 * @param formats chooses how each product is held
 * @param team how many threads share each product
 */
record CpuLayerWeights(WeightSource source, int layer, double eps, HeldFormats formats, int team) {
  /** Threads share out the outputs of a product in units of so many. */
  static final int OUTPUTS = 16;

  CpuRmsNorm norm(String name) {
    try (NativeScope scope = NativeScope.open()) {
      return new CpuRmsNorm(get(name), eps);
    }
  }

  /** Returns the elements of all tensors of these names, one tensor behind the other. */
  float[] vector(ImmutableList<String> names) {
    try (NativeScope scope = NativeScope.open()) {
      return Tensors.floats(Tensors.joined(get(names)));
    }
  }

  /** Returns the product by one matrix. */
  ColumnParallelLinear linear(String name) {
    return joined(ImmutableList.of(name), OUTPUTS);
  }

  /** Returns the product by several matrices, one below the other. */
  ColumnParallelLinear joined(ImmutableList<String> names, int unit) {
    try (NativeScope scope = NativeScope.open()) {
      ImmutableList<Tensor> weights = get(names);
      WeightFormat format = format(names, weights);
      return ColumnParallelLinear.of(
          weights.size() == 1 ? weights.get(0) : Tensors.joined(weights), unit, team, format);
    }
  }

  /** Returns the product by matrices of one shape, of which each thread has the same rows. */
  ColumnParallelLinear alike(ImmutableList<String> names) {
    try (NativeScope scope = NativeScope.open()) {
      ImmutableList<Tensor> weights = get(names);
      return ColumnParallelLinear.of(weights, OUTPUTS, team, format(names, weights));
    }
  }

  private WeightFormat format(ImmutableList<String> names, ImmutableList<Tensor> weights) {
    return formats.of(
        names.stream()
            .map(name -> ModelSpec.layerPrefix(layer) + name)
            .collect(ImmutableList.toImmutableList()),
        weights);
  }

  private ImmutableList<Tensor> get(ImmutableList<String> names) {
    return names.stream().map(this::get).collect(ImmutableList.toImmutableList());
  }

  private Tensor get(String name) {
    return onCpu(source.get(layer, name));
  }

  /** Checks that {@code weight} can be packed here, and returns it. */
  static Tensor onCpu(Tensor weight) {
    Device device = Tensors.device(weight);
    checkArgument(device.equals(Device.CPU), "the model is on %s; it must be on cpu", device);
    return weight;
  }
}
