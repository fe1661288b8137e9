package org.nemotron.nas.library;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * Channels dropped one small group per batch, each time those whose loss, together with all that
 * was dropped before, moves the output least.
 *
 * <p>Two channels that say the same keep their place until one of them is gone; {@link
 * IndependentContribution} cannot see that.
 */
final class IterativeElimination implements ChannelRanking {
  // Shape letters in this file: R = tokens (rows), D = model width, I = channels.

  /*
   * With s the output that the dropped channels would have added for a token, x_i the activation of
   * channel i and w_i its column of W_down, dropping i as well moves the output by
   *
   *     |s + x_i w_i| = sqrt(|s|^2 + 2 x_i (s . w_i) + x_i^2 |w_i|^2)
   *
   * whose mean over the tokens of the batch is the cost of i. One product [R, D] x [D, I] gives all
   * s . w_i. Every batch drops the same number of channels, so that the last batch leaves none.
   *
   * Source: the iterative channel contribution of NVIDIA's puzzletron, described in
   * Model-Optimizer's documentation.
   */
  private final Tensor downDI;
  private final Tensor squaredNormsI;
  private final Tensor droppedI;
  private final boolean[] dropped;
  private final Deque<Integer> leastImportantLast = new ArrayDeque<>();
  private final int batches;
  private int seen;

  /** Prepares for {@code batches} calls of {@link #observe}. */
  IterativeElimination(Tensor downDI, int batches) {
    this.batches = batches;
    this.dropped = new boolean[Math.toIntExact(downDI.size(1))];
    try (NativeScope scope = NativeScope.open()) {
      Tensor fixedDI = downDI.detach();
      Tensor normsI = fixedDI.square().sum(0);
      this.droppedI = NativeScope.keep(torch.zeros_like(normsI));
      this.downDI = NativeScope.keep(fixedDI);
      this.squaredNormsI = NativeScope.keep(normsI);
    }
  }

  @Override
  public void observe(Tensor channelsRI) {
    checkState(seen < batches, "all %s batches have been observed", batches);
    seen++;
    int target = (int) ((long) dropped.length * seen / batches);
    float[] costs = costs(channelsRI);
    IntStream.range(0, dropped.length)
        .filter(channel -> !dropped[channel])
        .boxed()
        .sorted(Comparator.comparingDouble(channel -> costs[channel]))
        .limit(target - leastImportantLast.size())
        .forEach(this::drop);
    updateMask();
  }

  private float[] costs(Tensor channelsRI) {
    try (NativeScope scope = NativeScope.open()) {
      Tensor missingRI = channelsRI.mul(droppedI);
      Tensor shiftRD = torch.linear(missingRI, downDI);
      Tensor alignedRI = shiftRD.matmul(downDI);
      Tensor squaredRI =
          shiftRD
              .square()
              .sum(new long[] {1}, true, new org.bytedeco.pytorch.ScalarTypeOptional())
              .add(channelsRI.mul(alignedRI).mul(new Scalar(2)))
              .add(channelsRI.square().mul(squaredNormsI));
      return Tensors.floats(torch.clamp_min(squaredRI, new Scalar(0)).sqrt().mean(0));
    }
  }

  private void drop(int channel) {
    dropped[channel] = true;
    leastImportantLast.addFirst(channel);
  }

  private void updateMask() {
    float[] mask = new float[dropped.length];
    for (int channel = 0; channel < mask.length; channel++) {
      mask[channel] = dropped[channel] ? 1 : 0;
    }
    try (NativeScope scope = NativeScope.open()) {
      droppedI.copy_(Tensors.of(mask, mask.length));
    }
  }

  @Override
  public ImmutableIntArray ranked() {
    checkState(seen == batches, "%s of %s batches have been observed", seen, batches);
    return ImmutableIntArray.copyOf(leastImportantLast);
  }

  @Override
  public void close() {
    NativeScope.release(downDI);
    NativeScope.release(squaredNormsI);
    NativeScope.release(droppedI);
  }
}
