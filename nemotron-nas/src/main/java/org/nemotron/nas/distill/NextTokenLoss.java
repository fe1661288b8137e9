package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableSet;
import java.util.function.IntConsumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.nn.SubBlock;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * The loss of a language model: the mean negative log-probability of the next token, in nats and in
 * float32. Logits exist for some of the sequences at a time.
 */
final class NextTokenLoss implements BatchLoss {
  // Shape letters in this file: B = batch, T = tokens, D = model width, V = vocabulary, N = tokens
  // of some sequences that have a next one.

  /** Log-probabilities at a time: 512 MiB. */
  private static final long CHUNK = 1L << 27;

  /** How LibTorch's operation numbers its ways to reduce; and the target that it passes over. */
  private static final long SUM = 2;

  private static final long NO_TARGET = -100;

  private final ImmutableSet<Half> skipped;
  private final long chunk;

  /**
   * Makes a loss.
   *
   * @param skipped what the model computes without
   * @param chunk how many log-probabilities there are at a time, but at least those of a sequence
   */
  NextTokenLoss(ImmutableSet<Half> skipped, long chunk) {
    this.skipped = skipped;
    this.chunk = chunk;
  }

  /** Returns the loss of a model without some of its sub-blocks. */
  static NextTokenLoss without(ImmutableSet<Half> skipped) {
    return new NextTokenLoss(skipped, CHUNK);
  }

  /** One sub-block: a layer's attention, or its FFN. */
  record Half(int layer, boolean attention) {}

  @Override
  public LossValue backward(HeterogeneousModel model, LearnedBatch batch, IntConsumer layerDone) {
    int layers = model.spec().layers();
    try (NativeScope scope = NativeScope.open()) {
      Tensor lastBTD = last(model, batch.idsBT());
      Tensor leafBTD = lastBTD.detach();
      leafBTD.set_requires_grad(true);
      Tensor sum =
          batch.placesP().isPresent()
              ? ofPlaces(model, leafBTD, batch)
              : ofSequences(model, leafBTD, batch);
      LayeredPass.backward(lastBTD, leafBTD.grad());
      for (int layer = layers - 1; layer >= 0; layer--) {
        layerDone.accept(layer);
      }
      return new LossValue(scope.handOver(sum), scope.handOver(torch.zeros_like(sum)));
    }
  }

  private Tensor last(HeterogeneousModel model, Tensor idsBT) {
    Tensor hiddenBTD = model.embed(idsBT);
    for (int layer = 0; layer < model.spec().layers(); layer++) {
      Block block = model.block(layer);
      hiddenBTD = passed(new Half(layer, true), block.attention(), hiddenBTD);
      hiddenBTD = passed(new Half(layer, false), block.ffn(), hiddenBTD);
    }
    return hiddenBTD;
  }

  /** What only the graph of gradients needs is held by that alone. */
  private Tensor passed(Half half, SubBlock subBlock, Tensor hiddenBTD) {
    return skipped.contains(half) ? hiddenBTD : NativeScope.only(() -> subBlock.forward(hiddenBTD));
  }

  /** All predictions but the last of each sequence, which has no next token. */
  private Tensor ofSequences(HeterogeneousModel model, Tensor lastBTD, LearnedBatch batch) {
    Tensor idsBT = batch.idsBT();
    long sequences = idsBT.size(0);
    long targets = idsBT.size(1) - 1;
    double scale = batch.weight() / (sequences * targets);
    long atOnce = Math.max(1, chunk / (idsBT.size(1) * model.spec().vocabularySize()));
    Tensor sum = Tensors.zeros(model.device(), DType.FLOAT32);
    for (long first = 0; first < sequences; first += atOnce) {
      long count = Math.min(atOnce, sequences - first);
      try (NativeScope scope = NativeScope.open()) {
        Tensor statesND = lastBTD.narrow(0, first, count).narrow(1, 0, targets).flatten(0, 1);
        Tensor nextN = idsBT.narrow(0, first, count).narrow(1, 1, targets).flatten();
        sum.add_(backward(model, statesND, nextN, scale));
      }
    }
    return sum;
  }

  private Tensor ofPlaces(HeterogeneousModel model, Tensor lastBTD, LearnedBatch batch) {
    double scale = batch.weight() / batch.learned();
    long atOnce = Math.max(1, chunk / model.spec().vocabularySize());
    Tensor sum = Tensors.zeros(model.device(), DType.FLOAT32);
    for (long first = 0; first < batch.learned(); first += atOnce) {
      long count = Math.min(atOnce, batch.learned() - first);
      try (NativeScope scope = NativeScope.open()) {
        Tensor statesND = batch.chunk(lastBTD, first, count);
        sum.add_(backward(model, statesND, batch.targetsC(first, count), scale));
      }
    }
    return sum;
  }

  private static Tensor backward(
      HeterogeneousModel model, Tensor statesND, Tensor nextN, double scale) {
    Tensor term =
        torch
            .cross_entropy_loss(
                model.head(statesND), nextN, new TensorOptional(), SUM, NO_TARGET, 0)
            .mul(new Scalar(scale));
    term.backward();
    return term.detach();
  }
}
