package org.nemotron.nas;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.Tensors;

/**
 * {@link SmallParent} with weights that bfloat16 holds, as a whole and with its layers offloaded.
 */
public final class OffloadedParent {
  private OffloadedParent() {}

  /** Returns the parent with all of its weights in float32; the caller closes it. */
  public static HeterogeneousModel whole() {
    try (NamedTensors narrow = narrow();
        NamedTensors wide = narrow.map(tensor -> Tensors.cast(tensor, DType.FLOAT32))) {
      return HeterogeneousModel.of(SmallParent.spec(), wide);
    }
  }

  /** Returns the same parent, the layers of which are held in bfloat16; the caller closes it. */
  public static HeterogeneousModel offloaded() {
    try (NamedTensors narrow = narrow();
        NamedTensors wide = narrow.map(tensor -> Tensors.cast(tensor, DType.FLOAT32))) {
      Map<String, Tensor> mixed = new HashMap<>(narrow.asMap());
      SmallParent.spec()
          .nonBlockTensorShapes()
          .keySet()
          .forEach(name -> mixed.put(name, wide.get(name)));
      try (NamedTensors all = NamedTensors.of(mixed)) {
        return HeterogeneousModel.of(SmallParent.spec(), all);
      }
    }
  }

  private static NamedTensors narrow() {
    try (HeterogeneousModel model = SmallParent.model();
        NamedTensors own = NamedTensors.of(model.tensors())) {
      return own.map(tensor -> Tensors.cast(tensor, DType.BFLOAT16));
    }
  }
}
