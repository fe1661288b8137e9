package org.nemotron.core.parallel;

import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * Sums of what ranks have each, added in the order of the ranks on every one of them, so that all
 * have the same bits, and the same tokens follow without another exchange.
 *
 * <p>Each sum is a step of its own for the other ranks' messages: who waits for one knows which
 * rank has not come to it.
 */
final class RankSums {
  private final Communicator ranks;
  private long exchanges;

  RankSums(Communicator ranks) {
    this.ranks = ranks;
  }

  /**
   * Returns the sum of {@code partial} over all ranks, of its type; 16-bit floats are added in 32.
   */
  Tensor sum(Tensor partial) {
    if (ranks.size() == 1) {
      return partial;
    }
    return NativeScope.only(
        () -> {
          Tensor all = Tensors.cast(gathered(partial), DType.FLOAT32);
          Tensor sum = all.select(0, 0);
          for (int rank = 1; rank < ranks.size(); rank++) {
            sum = sum.add(all.select(0, rank));
          }
          return Tensors.cast(sum, DType.of(partial));
        });
  }

  /** Returns {@code own} of all ranks, one behind the other in a further first dimension. */
  Tensor gathered(Tensor own) {
    Tensor flat = own.contiguous().view(-1);
    long elements = ranks.size() * flat.numel();
    Tensor all = Tensors.uninitialized(Tensors.device(own), DType.of(own), elements);
    ranks.at("exchange of ranks", exchanges++);
    ranks.allGather(all, flat);
    long[] shape = new long[(int) own.dim() + 1];
    shape[0] = ranks.size();
    System.arraycopy(own.shape(), 0, shape, 1, shape.length - 1);
    return all.view(shape);
  }
}
