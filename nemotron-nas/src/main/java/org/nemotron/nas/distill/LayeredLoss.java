package org.nemotron.nas.distill;

import java.util.function.IntConsumer;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;

/**
 * The loss of global distillation, by a {@link LayeredPass} that recomputes what memory demands.
 */
record LayeredLoss(GlobalLoss terms, GraphMemory memory) implements BatchLoss {
  @Override
  public Tensor backward(
      HeterogeneousModel child, Tensor idsBT, double weight, IntConsumer layerDone) {
    try (LayeredPass pass =
        new LayeredPass(terms, child, idsBT, weight, memory.recomputed(idsBT))) {
      return pass.run(layerDone);
    }
  }
}
