package org.nemotron.nas.score;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.nn.Divergences;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.core.tensor.Tensors;

/**
 * The parent's predictions for one batch, and what other hidden states say in comparison.
 *
 * <p>Logits are made a few sequences at a time, so that memory does not grow with the batch times
 * the vocabulary. The parent's log-probabilities are held from the start: {@code B * T * V}
 * float32.
 */
final class TokenMetrics implements AutoCloseable {
  // Shape letters in this file: B = batch, T = tokens, D = model width, V = vocabulary.

  private final HeterogeneousModel parent;
  private final Tensor idsBT;
  private final Tensor parentLogBTV;
  private final double[] parentLoss;
  private final double[] parentAccuracy;

  /**
   * Makes the parent's predictions.
   *
   * @param lastHiddenBTD the output of the parent's last layer
   */
  TokenMetrics(HeterogeneousModel parent, Tensor idsBT, Tensor lastHiddenBTD) {
    this.parent = parent;
    try (NativeScope scope = NativeScope.open()) {
      this.idsBT = NativeScope.keep(Tensors.move(idsBT, parent.device(), DType.INT64));
      this.parentLogBTV = NativeScope.keep(torch.log_softmax(parent.head(lastHiddenBTD), 2));
    }
    int sequences = Math.toIntExact(idsBT.size(0));
    this.parentLoss = new double[sequences];
    this.parentAccuracy = new double[sequences];
    for (int sequence = 0; sequence < sequences; sequence++) {
      try (NativeScope scope = NativeScope.open()) {
        Tensor logTV = parentLogBTV.select(0, sequence);
        parentLoss[sequence] = loss(logTV, sequence);
        parentAccuracy[sequence] = accuracy(logTV, sequence);
        if (!Double.isFinite(parentLoss[sequence])) {
          throw new NonFiniteException(
              "scores: the loss of the parent itself ("
                  + parentLoss[sequence]
                  + ") is not finite.");
        }
      }
    }
  }

  /** What one sequence says: KL to the parent, loss and accuracy less the parent's. */
  record OfSequence(double klNats, double lossIncrease, double accuracyDrop) {
    boolean isFinite() {
      return Double.isFinite(klNats)
          && Double.isFinite(lossIncrease)
          && Double.isFinite(accuracyDrop);
    }
  }

  /**
   * Returns the comparison for one sequence.
   *
   * @param lastHiddenTD {@code [T, D]}: the output of the last layer for sequence {@code sequence}
   */
  OfSequence compare(Tensor lastHiddenTD, int sequence) {
    try (NativeScope scope = NativeScope.open()) {
      Tensor logTV = torch.log_softmax(parent.head(lastHiddenTD), 1);
      return new OfSequence(
          Tensors.scalar(Divergences.kl(parentLogBTV.select(0, sequence), logTV).mean()),
          loss(logTV, sequence) - parentLoss[sequence],
          parentAccuracy[sequence] - accuracy(logTV, sequence));
    }
  }

  private double loss(Tensor logTV, int sequence) {
    Tensor predicted = logTV.narrow(0, 0, logTV.size(0) - 1);
    Tensor targets = targets(sequence);
    return -Tensors.scalar(torch.gather(predicted, 1, targets.unsqueeze(1)).mean());
  }

  private double accuracy(Tensor logTV, int sequence) {
    Tensor predicted = logTV.narrow(0, 0, logTV.size(0) - 1).argmax(new LongOptional(1), false);
    return Tensors.scalar(predicted.eq(targets(sequence)).sum()) / Math.max(1, predicted.numel());
  }

  private Tensor targets(int sequence) {
    return idsBT.select(0, sequence).narrow(0, 1, idsBT.size(1) - 1);
  }

  @Override
  public void close() {
    NativeScope.release(idsBT);
    NativeScope.release(parentLogBTV);
  }
}
