package org.nemotron.core.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.tensor.NamedTensors;

/** A linear layer, {@code W x} or {@code W x + b}; the tensors are held by whoever made it. */
final class Linear {
  private final Tensor weight;
  private final @Nullable Tensor bias;

  /** Makes the layer whose tensors are called {@code name.weight} and perhaps {@code name.bias}. */
  Linear(NamedTensors tensors, String name) {
    this.weight = tensors.get(name + ".weight");
    this.bias = tensors.asMap().get(name + ".bias");
  }

  Tensor apply(Tensor input) {
    return bias == null
        ? torch.linear(input, weight)
        : torch.linear(input, weight, new TensorOptional(bias));
  }
}
