package org.nemotron.core.parallel;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.core.tensor.Tensors;

/**
 * The rows of embedding and head that one rank has.
 *
 * @param own which rows
 * @param most rows that a rank has, to which the others' are padded where they are gathered
 */
record RankVocabulary(int size, IndexRange own, long most, RankSums sums) {
  // Shape letters in this file: B = sequences, T = tokens, D = model width, V = vocabulary,
  // R = the rank's rows of it, M = most rows of a rank, S = ranks.

  /** Returns the rows of the embedding for these tokens, {@code [B, T, D]}. */
  Tensor embed(Tensor idsBT, Tensor embeddingRD) {
    for (long id : Tensors.longs(idsBT)) {
      checkArgument(id >= 0 && id < size, "token id %s must be less than %s", id, size);
    }
    Tensor rowsBT = idsBT.sub(new Scalar(own.begin()));
    Tensor elsewhereBT = rowsBT.lt(new Scalar(0)).logical_or(rowsBT.ge(new Scalar(own.size())));
    Tensor heldBT = rowsBT.masked_fill(elsewhereBT, new Scalar(0));
    Tensor partialBTD =
        torch.embedding(embeddingRD, heldBT).masked_fill(elsewhereBT.unsqueeze(2), new Scalar(0));
    return sums.sum(partialBTD);
  }

  /**
   * Returns the logits of the whole vocabulary, the same on all ranks.
   *
   * @param logitsBTR this rank's
   */
  Tensor gathered(Tensor logitsBTR, int ranks) {
    long missing = most - own.size();
    long[] shape = {logitsBTR.size(0), logitsBTR.size(1), missing};
    Tensor zeros = Tensors.zeros(Tensors.device(logitsBTR), DType.of(logitsBTR), shape);
    Tensor rowsFirst = Tensors.joined(List.of(logitsBTR.permute(2, 0, 1), zeros.permute(2, 0, 1)));
    Tensor allSMBT = sums.gathered(rowsFirst);
    List<Tensor> parts = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      long rows = IndexRange.share(size, rank, ranks).size();
      parts.add(allSMBT.select(0, rank).narrow(0, 0, rows));
    }
    return Tensors.joined(parts).permute(1, 2, 0).contiguous();
  }

  /**
   * Returns the likeliest token of each sequence, the first of equals, on all ranks: of every
   * rank's own likeliest, two numbers each.
   *
   * @param logitsBR this rank's
   * @throws NonFiniteException if a logit is NaN or +Infinity, on all ranks
   */
  ImmutableIntArray likeliest(Tensor logitsBR) {
    int sequences = (int) logitsBR.size(0);
    float[] logits = Tensors.floats(logitsBR);
    float[] values = new float[sequences];
    long[] ids = new long[sequences];
    for (int sequence = 0; sequence < sequences; sequence++) {
      int begin = Math.toIntExact(sequence * own.size());
      int best = best(logits, begin, Math.toIntExact(begin + own.size()));
      values[sequence] = logits[best];
      ids[sequence] = own.begin() + best - begin;
    }
    float[] allValues = Tensors.floats(sums.gathered(Tensors.of(values, sequences)));
    long[] allIds = Tensors.longs(sums.gathered(Tensors.of(ids, sequences)));
    ImmutableIntArray.Builder tokens = ImmutableIntArray.builder(sequences);
    for (int sequence = 0; sequence < sequences; sequence++) {
      tokens.add(Math.toIntExact(allIds[merged(allValues, allIds, sequence, sequences)]));
    }
    return tokens.build();
  }

  /** Returns where the largest logit is, or the first that is no number to compare. */
  private static int best(float[] logits, int begin, int end) {
    int best = begin;
    for (int index = begin; index < end; index++) {
      if (!(logits[index] < Float.POSITIVE_INFINITY)) {
        return index;
      }
      best = logits[index] > logits[best] ? index : best;
    }
    return best;
  }

  /** Ranks have ascending ids, so that the first of equals is the lowest rank's. */
  private static int merged(float[] values, long[] ids, int sequence, int sequences) {
    int best = sequence;
    for (int index = sequence; index < values.length; index += sequences) {
      if (!(values[index] < Float.POSITIVE_INFINITY)) {
        throw new NonFiniteException(
            "the logit of token "
                + ids[index]
                + " ("
                + values[index]
                + ") must be finite.\nMaybe the weights are damaged, or too large.");
      }
      best = values[index] > values[best] ? index : best;
    }
    return best;
  }
}
