package org.nemotron.core.parallel;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** One rank's part of a sub-block. */
interface RankSubBlock extends AutoCloseable {
  /**
   * Returns the rank's part of the sum that this sub-block adds to the residual stream.
   *
   * @param hiddenBTD the residual stream, {@code [B, T, D]}
   * @param cache of the tokens before these; gets the keys and values of these
   */
  Tensor partial(Tensor hiddenBTD, RankKvCache cache);

  /** Returns what is added once behind the sum, on every rank; null where there is nothing. */
  default @Nullable Tensor bias() {
    return null;
  }

  /** Returns the residual stream after this sub-block, the same bits on all ranks. */
  default Tensor forward(Tensor hiddenBTD, RankKvCache cache, RankSums sums) {
    Tensor sum = sums.sum(partial(hiddenBTD, cache));
    Tensor bias = bias();
    return hiddenBTD.add(bias == null ? sum : sum.add(bias));
  }

  @Override
  void close();

  /** An absent sub-block: no sum either. */
  record Absent() implements RankSubBlock {
    @Override
    public Tensor partial(Tensor hiddenBTD, RankKvCache cache) {
      return torch.zeros_like(hiddenBTD);
    }

    @Override
    public Tensor forward(Tensor hiddenBTD, RankKvCache cache, RankSums sums) {
      return hiddenBTD;
    }

    @Override
    public void close() {}
  }
}
