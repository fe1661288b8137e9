package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableDoubleArray;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Tensors;

/** Tensors whose shapes are checked as they are handed out, before native code reads them. */
record ShapedWeights(ModelSpec spec, WeightSource source) implements WeightSource {
  @Override
  public Tensor get(String name) {
    return checked(name, source.get(name), spec.nonBlockTensorShapes().get(name));
  }

  @Override
  public Tensor get(int layer, String name) {
    ImmutableMap<String, ImmutableList<Long>> shapes = spec.block(layer).tensorShapes(spec.width());
    return checked(ModelSpec.layerPrefix(layer) + name, source.get(layer, name), shapes.get(name));
  }

  @Override
  public KvScales kvScales(int layer) {
    KvScales scales = source.kvScales(layer);
    int heads = KvPages.elementsPerToken(spec.block(layer).attention()) / spec.headDim();
    if (heads > 0) {
      ImmutableDoubleArray unused = scales.ofHeads(heads); // checks how many there are
    }
    return scales;
  }

  private static Tensor checked(String name, Tensor tensor, @Nullable ImmutableList<Long> shape) {
    checkArgument(shape != null, "the model has no tensor called %s", name);
    Tensors.checkShape(name, tensor, shape);
    return tensor;
  }
}
