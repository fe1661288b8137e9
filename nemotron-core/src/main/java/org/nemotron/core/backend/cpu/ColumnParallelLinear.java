package org.nemotron.core.backend.cpu;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;

/**
 * One product of a step, its outputs shared out among the threads: thread i computes the outputs
 * from {@code start(i)} to {@code start(i + 1)}, with packed weights of its own.
 */
final class ColumnParallelLinear implements AutoCloseable {
  private final int[] starts;
  private final ImmutableMap<Integer, PackedWeights> weights;
  private final Resources parts;

  private ColumnParallelLinear(
      int[] starts, ImmutableMap<Integer, PackedWeights> weights, Resources parts) {
    this.starts = starts;
    this.weights = weights;
    this.parts = parts;
  }

  /**
   * Shares out the rows of {@code weightNK} in units of {@code unit} rows; the last unit may be
   * incomplete.
   */
  static ColumnParallelLinear of(Tensor weightNK, int unit, int team, WeightFormat format) {
    return of(ImmutableList.of(weightNK), unit, team, format);
  }

  /**
   * Shares out several matrices of one shape alike: a thread's outputs are its rows of the first,
   * then of the second, and so on.
   */
  static ColumnParallelLinear of(
      ImmutableList<Tensor> weightsNK, int unit, int team, WeightFormat format) {
    int[] starts = starts(Math.toIntExact(weightsNK.get(0).size(0)), unit, team);
    ImmutableMap.Builder<Integer, PackedWeights> packed = ImmutableMap.builder();
    try (Resources made = new Resources()) {
      for (int worker = 0; worker < team; worker++) {
        int share = starts[worker + 1] - starts[worker];
        if (share > 0) {
          PackedWeights own = packed(weightsNK, starts[worker], share, format);
          packed.put(worker, made.add(own, PackedWeights::close));
        }
      }
      return new ColumnParallelLinear(starts, packed.buildOrThrow(), made.complete());
    }
  }

  private static PackedWeights packed(
      ImmutableList<Tensor> weightsNK, int start, int share, WeightFormat format) {
    try (NativeScope scope = NativeScope.open()) {
      TensorVector rows = new TensorVector();
      weightsNK.forEach(weight -> rows.push_back(weight.narrow(0, start, share)));
      return PackedWeights.of(torch.cat(rows, 0), format);
    }
  }

  private static int[] starts(int rows, int unit, int team) {
    int[] starts = new int[team + 1];
    int units = (rows + unit - 1) / unit;
    for (int worker = 0; worker <= team; worker++) {
      starts[worker] = Math.min(rows, (int) ((long) units * worker / team) * unit);
    }
    return starts;
  }

  int start(int worker) {
    return starts[worker];
  }

  /** Returns how many outputs the thread computes; of a pair, of each. */
  int share(int worker) {
    return starts[worker + 1] - starts[worker];
  }

  /** Returns the distance between the rows of the thread's product; 0 where it has none. */
  int stride(int worker) {
    PackedWeights own = weights.get(worker);
    return own == null ? 0 : own.stride();
  }

  /** Returns the widest product of a thread. */
  int widest() {
    return weights.values().stream().mapToInt(PackedWeights::stride).max().orElseThrow();
  }

  long bytes() {
    return weights.values().stream().mapToLong(PackedWeights::bytes).sum();
  }

  /** Multiplies {@code input} by the thread's share, into the thread's own area. */
  void multiply(ThreadWorkspace space, NativeFloats input, int rows) {
    PackedWeights own = weights.get(space.worker());
    if (own != null) {
      own.multiply(input, rows, space.products(), space.blas());
    }
  }

  @Override
  public void close() {
    parts.close();
  }
}
