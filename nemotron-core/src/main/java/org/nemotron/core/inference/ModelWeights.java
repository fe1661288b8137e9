package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkArgument;

import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.Tensors;

/** The tensors of a model; those of offloaded layers come to its device, in its type. */
record ModelWeights(HeterogeneousModel model) implements WeightSource {
  @Override
  public Tensor get(String name) {
    return model.nonBlock().get(name);
  }

  @Override
  public Tensor get(int layer, String name) {
    Tensor tensor = model.block(layer).tensors().get(name);
    checkArgument(tensor != null, "layer %s: no tensor is called %s", layer, name);
    return Tensors.move(tensor, model.device(), model.dtype());
  }
}
