package org.nemotron.nas.library;

import com.google.common.primitives.ImmutableIntArray;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * Each channel by itself: {@code mean over tokens |x_i| * norm(W_down[:, i])}, which is how far the
 * output moves when channel i alone is dropped.
 *
 * <p>Source: Puzzle, arXiv:2411.19146, appendix A.
 */
final class IndependentContribution implements ChannelRanking {
  // Shape letters in this file: R = tokens (rows), D = model width, I = channels.

  private final Tensor normsI;
  private final double[] sums;

  IndependentContribution(Tensor downDI) {
    try (NativeScope scope = NativeScope.open()) {
      normsI =
          NativeScope.keep(
              downDI
                  .detach()
                  .norm(
                      new org.bytedeco.pytorch.ScalarOptional(new Scalar(2)),
                      new long[] {0},
                      false));
    }
    sums = new double[Math.toIntExact(downDI.size(1))];
  }

  @Override
  public void observe(Tensor channelsRI) {
    try (NativeScope scope = NativeScope.open()) {
      float[] batch = Tensors.floats(channelsRI.abs().sum(0).mul(normsI));
      for (int channel = 0; channel < sums.length; channel++) {
        sums[channel] += batch[channel];
      }
    }
  }

  /** Returns the summed contribution of each channel. */
  double[] contributions() {
    return sums.clone();
  }

  @Override
  public ImmutableIntArray ranked() {
    return ImmutableIntArray.copyOf(
        IntStream.range(0, sums.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer channel) -> -sums[channel]))
            .mapToInt(Integer::intValue));
  }

  @Override
  public void close() {
    NativeScope.release(normsI);
  }
}
