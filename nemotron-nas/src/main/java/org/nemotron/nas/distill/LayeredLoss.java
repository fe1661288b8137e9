package org.nemotron.nas.distill;

import java.util.function.IntConsumer;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;

/**
 * The loss of global distillation, by a {@link LayeredPass} that recomputes what memory demands.
 */
record LayeredLoss(GlobalLoss terms, GraphMemory memory) implements BatchLoss {
  @Override
  public LossValue backward(HeterogeneousModel child, LearnedBatch batch, IntConsumer layerDone) {
    int recomputed = memory.recomputed(batch.idsBT());
    try (LayeredPass pass = new LayeredPass(terms, child, batch, batch.weight(), recomputed)) {
      Tensor whole = pass.run(layerDone);
      return new LossValue(whole, pass.seams().clone());
    }
  }
}
