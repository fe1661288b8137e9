package org.nemotron.core.inference;

import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;

/**
 * The tensors of a model, handed out one at a time, so that a backend packs a model without it ever
 * being in memory as a whole.
 *
 * <p>A tensor is valid while the {@link org.nemotron.core.tensor.NativeScope} is open in which it
 * was asked for, and the source is open. A tensor may be asked for several times.
 */
public interface WeightSource {
  /**
   * Returns a tensor outside the layers.
   *
   * @param name one of {@link ModelSpec#nonBlockTensorShapes}
   */
  Tensor get(String name);

  /**
   * Returns a tensor of a layer.
   *
   * @param name one of {@link BlockSpec#tensorShapes}
   */
  Tensor get(int layer, String name);

  /** Returns the scales of a layer's KV cache where it is held as 8-bit floats; 1 if unknown. */
  default KvScales kvScales(int layer) {
    return KvScales.ONE;
  }

  /** Returns the tensors of {@code model}, which stay its own. */
  static WeightSource of(HeterogeneousModel model) {
    return new ModelWeights(model);
  }

  /**
   * Returns these tensors, each with its shape checked as it is handed out.
   *
   * @param spec says which shape each must have
   */
  default WeightSource checked(ModelSpec spec) {
    return new ShapedWeights(spec, this);
  }
}
