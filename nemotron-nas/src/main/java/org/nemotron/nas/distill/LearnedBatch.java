package org.nemotron.nas.distill;

import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.TokenBatches;

/**
 * A batch or some of its sequences, and which of its predictions are learned: all, or those of some
 * next tokens. Its tensors belong to the {@link NativeScope} that was open when it was made.
 *
 * @param idsBT token ids, int64
 * @param placesP of the predictions that are learned, counted over all sequences; nothing where all
 *     are
 * @param weight of these sequences in the loss of the batch; 0 where no prediction is learned
 */
record LearnedBatch(Tensor idsBT, Optional<Tensor> placesP, double weight) {
  // Shape letters in this file: B = batch, T = tokens, D = model width, P = learned predictions,
  // C = those of a chunk.

  static LearnedBatch all(Tensor idsBT) {
    return new LearnedBatch(idsBT, Optional.empty(), 1);
  }

  static LearnedBatch of(TokenBatches data, long index) {
    Tensor idsBT = data.batch(index);
    return data.learned(index)
        .map(learnedBT -> at(idsBT, places(learnedBT), 1))
        .orElseGet(() -> all(idsBT));
  }

  private static LearnedBatch at(Tensor idsBT, Tensor placesP, double weight) {
    return placesP.numel() == 0
        ? new LearnedBatch(idsBT, Optional.empty(), 0)
        : new LearnedBatch(idsBT, Optional.of(placesP), weight);
  }

  private static Tensor places(Tensor learned) {
    return learned.flatten().nonzero().squeeze(1);
  }

  /** Returns some of the sequences, with their share of the weight. */
  LearnedBatch rows(long first, long count) {
    Tensor rowsBT = idsBT.narrow(0, first, count);
    if (placesP.isEmpty()) {
      return new LearnedBatch(rowsBT, Optional.empty(), weight * ((double) count / idsBT.size(0)));
    }
    long tokens = idsBT.size(1);
    Tensor learned = torch.zeros_like(idsBT).flatten().index_fill_(0, placesP.get(), new Scalar(1));
    Tensor ofRowsP = places(learned.narrow(0, first * tokens, count * tokens));
    return at(rowsBT, ofRowsP, weight * ((double) ofRowsP.numel() / learned()));
  }

  LearnedBatch to(Device device) {
    return new LearnedBatch(
        Tensors.move(idsBT, device, DType.INT64),
        placesP.map(places -> Tensors.move(places, device, DType.INT64)),
        weight);
  }

  /** Returns how many predictions are learned. */
  long learned() {
    return placesP.map(Tensor::numel).orElse(idsBT.numel());
  }

  /**
   * Returns the hidden states of the predictions: {@code [B, T, D]} as they are, or {@code [P, D]}.
   */
  Tensor states(Tensor statesBTD) {
    return placesP.map(places -> statesBTD.flatten(0, 1).index_select(0, places)).orElse(statesBTD);
  }

  /** Returns the hidden states of some predictions: {@code [C, D]}. */
  Tensor chunk(Tensor statesBTD, long first, long count) {
    return ofChunk(statesBTD.flatten(0, 1), first, count);
  }

  /** Returns the next tokens of some predictions; for the last one of a sequence, its first. */
  Tensor targetsC(long first, long count) {
    Tensor nextBT = torch.roll(idsBT, new long[] {-1}, new long[] {1});
    return ofChunk(nextBT.flatten(), first, count);
  }

  private Tensor ofChunk(Tensor flat, long first, long count) {
    return placesP
        .map(places -> flat.index_select(0, places.narrow(0, first, count)))
        .orElseGet(() -> flat.narrow(0, first, count));
  }
}
