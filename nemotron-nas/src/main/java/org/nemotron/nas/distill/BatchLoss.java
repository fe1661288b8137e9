package org.nemotron.nas.distill;

import java.util.function.IntConsumer;
import org.nemotron.core.nn.HeterogeneousModel;

/** What a model is trained by: its loss on a batch, with the gradients. */
interface BatchLoss {
  /**
   * Adds the gradients of the batch's weight times its loss to those of the model's tensors.
   *
   * @param batch on the model's device
   * @param layerDone is told each layer whose gradients are complete, from the last to the first;
   *     those of embedding, final norm and head are complete at the end
   */
  LossValue backward(HeterogeneousModel model, LearnedBatch batch, IntConsumer layerDone);
}
