package org.nemotron.nas.library;

import com.google.common.primitives.ImmutableIntArray;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * The importance of key/value heads: the mean over tokens of how far the query heads that read one
 * move the output, {@code norm(W_o[:, group] * heads[group])}.
 */
final class HeadContribution implements AutoCloseable {
  // Shape letters in this file: R = tokens (rows), D = model width, N = query heads, H = head size.

  private final Tensor outputWeight;
  private final double[] sums;

  HeadContribution(Tensor outputWeight, int kvHeads) {
    this.outputWeight = NativeScope.keep(outputWeight);
    this.sums = new double[kvHeads];
  }

  /** Takes in what the heads read, {@code [R, N * H]}, before the output projection. */
  void observe(Tensor headsRNH) {
    try (NativeScope scope = NativeScope.open()) {
      long columns = headsRNH.size(1) / sums.length;
      for (int head = 0; head < sums.length; head++) {
        Tensor outputRD =
            torch.linear(
                headsRNH.narrow(1, head * columns, columns),
                outputWeight.narrow(1, head * columns, columns));
        sums[head] +=
            Tensors.scalar(
                outputRD.norm(new ScalarOptional(new Scalar(2)), new long[] {1}, false).sum());
      }
    }
  }

  /** Returns all key/value heads, most important first. */
  ImmutableIntArray ranked() {
    return ImmutableIntArray.copyOf(
        IntStream.range(0, sums.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer head) -> -sums[head]))
            .mapToInt(Integer::intValue));
  }

  @Override
  public void close() {
    NativeScope.release(outputWeight);
  }
}
