package org.nemotron.core.backend.cuda;

import com.google.common.collect.ImmutableList;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * The tensors of one layer, made ready for a GPU. What is read for one product is let go before the
 * next is read.
 *
 * @param source all tensors of the model
 * @param layer which layer
 * @param eps of all norms
 * @param format of all products
 * @param device the GPU
 */
record CudaLayerWeights(
    WeightSource source, int layer, double eps, WeightFormat format, Device device) {
  CudaRmsNorm norm(String name) {
    try (NativeScope scope = NativeScope.open()) {
      return new CudaRmsNorm(source.get(layer, name), eps, device);
    }
  }

  /** Returns the elements of all tensors of these names, one tensor behind the other. */
  CudaTensor vector(ImmutableList<String> names) {
    try (NativeScope scope = NativeScope.open()) {
      Tensor joined = Tensors.joined(names.stream().map(name -> source.get(layer, name)).toList());
      return CudaTensor.of(Tensors.move(joined, device, DType.BFLOAT16));
    }
  }

  /** Returns the product by one matrix. */
  PackedLinear linear(String name) {
    return linear(name, UnaryOperator.identity());
  }

  /** Returns the product by what {@code padding} makes of a matrix. */
  PackedLinear linear(String name, UnaryOperator<Tensor> padding) {
    try (NativeScope scope = NativeScope.open()) {
      return PackedLinear.joined(get(ImmutableList.of(name), padding), device, format);
    }
  }

  /** Returns the product by several matrices, one below the other. */
  PackedLinear joined(ImmutableList<String> names) {
    return joined(names, UnaryOperator.identity());
  }

  /** Returns the product by what {@code padding} makes of several, one below the other. */
  PackedLinear joined(ImmutableList<String> names, UnaryOperator<Tensor> padding) {
    try (NativeScope scope = NativeScope.open()) {
      return PackedLinear.joined(get(names, padding), device, format);
    }
  }

  private ImmutableList<Supplier<Tensor>> get(
      ImmutableList<String> names, UnaryOperator<Tensor> padding) {
    return names.stream()
        .<Supplier<Tensor>>map(name -> () -> padding.apply(source.get(layer, name)))
        .collect(ImmutableList.toImmutableList());
  }
}
