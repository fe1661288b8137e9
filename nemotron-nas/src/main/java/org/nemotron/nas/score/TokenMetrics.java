package org.nemotron.nas.score;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.activation.LogitComparison;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Finiteness;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.core.tensor.Tensors;

/** The parent's predictions for one batch, and the comparison of other predictions with them. */
final class TokenMetrics implements AutoCloseable {
  // Shape letters in this file: B = batch, T = tokens, D = model width, R = B * T.

  private final long sequences;
  private final long tokens;
  private final LogitComparison comparison;

  /**
   * Computes the parent's predictions.
   *
   * @param lastHiddenBTD the output of the parent's last layer
   */
  TokenMetrics(HeterogeneousModel parent, Tensor givenBT, Tensor lastHiddenBTD) {
    this.sequences = givenBT.size(0);
    this.tokens = givenBT.size(1);
    try (NativeScope scope = NativeScope.open()) {
      Tensor idsBT = Tensors.move(givenBT, parent.device(), DType.INT64);
      // The last token of a sequence predicts nothing that is known: its entry is left out below.
      Tensor targetsR = torch.roll(idsBT, new long[] {-1}, new long[] {1}).flatten();
      this.comparison = new LogitComparison(parent, lastHiddenBTD.flatten(0, 1), targetsR);
    }
  }

  /**
   * Checks the parent's predictions, with which all candidates are compared; waits for the device.
   *
   * @param name which scores and batch these are, for the message
   * @throws NonFiniteException if the parent's logits are not all finite
   */
  void checkParent(String name) {
    // The KL to itself is NaN as soon as one logit is not finite, whichever token it belongs to.
    if (!Finiteness.of(comparison.own().klR())) {
      throw new NonFiniteException(
          name
              + ", the parent: the head gives values that are not finite.\n"
              + "Maybe its weights are damaged, or the logits overflow in this element type.");
    }
  }

  /** The metrics of one sequence: KL to the parent, loss and accuracy less the parent's. */
  record OfSequence(double klNats, double lossIncrease, double accuracyDrop) {
    /** Returns one sequence's row of {@link TokenMetrics#compare}, once read. */
    static OfSequence at(float[] rows, int index) {
      return new OfSequence(rows[3 * index], rows[3 * index + 1], rows[3 * index + 2]);
    }

    boolean isFinite() {
      return Double.isFinite(klNats)
          && Double.isFinite(lossIncrease)
          && Double.isFinite(accuracyDrop);
    }
  }

  /**
   * Returns the comparison of all sequences: {@code [B, 3]}, float32, not yet read from the device.
   *
   * @param lastHiddenBTD the output of the last layer
   */
  Tensor compare(Tensor lastHiddenBTD) {
    LogitComparison.Rows rows = comparison.compare(lastHiddenBTD.flatten(0, 1));
    TensorVector columns = new TensorVector();
    columns.push_back(means(rows.klR(), tokens));
    columns.push_back(means(rows.lossR().sub(comparison.own().lossR()), tokens - 1));
    columns.push_back(means(comparison.own().rightR().sub(rows.rightR()), tokens - 1));
    return torch.stack(columns, 1);
  }

  private Tensor means(Tensor valuesR, long counted) {
    return valuesR.view(sequences, tokens).narrow(1, 0, counted).mean(1);
  }

  @Override
  public void close() {
    comparison.close();
  }
}
