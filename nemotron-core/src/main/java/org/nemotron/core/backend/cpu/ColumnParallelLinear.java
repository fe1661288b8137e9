package org.nemotron.core.backend.cpu;

import com.google.common.collect.ImmutableList;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;

/**
 * One product of a step, its outputs cut into chunks that threads draw: chunk i has the outputs
 * from {@code start(i)} to {@code start(i + 1)}, with packed weights of its own. None is empty.
 */
final class ColumnParallelLinear implements AutoCloseable {
  private final int[] starts;
  private final ImmutableList<PackedWeights> weights;
  private final Resources parts;

  private ColumnParallelLinear(
      int[] starts, ImmutableList<PackedWeights> weights, Resources parts) {
    this.starts = starts;
    this.weights = weights;
    this.parts = parts;
  }

  /**
   * Cuts the rows of {@code weightNK} into {@code chunks} or, if there are fewer, units of {@code
   * unit} rows; the last unit may be incomplete.
   */
  static ColumnParallelLinear of(Tensor weightNK, int unit, int chunks, WeightFormat format) {
    return of(ImmutableList.of(weightNK), unit, chunks, format);
  }

  /**
   * Cuts several matrices of one shape alike: a chunk's outputs are its rows of the first, then of
   * the second, and so on.
   */
  static ColumnParallelLinear of(
      ImmutableList<Tensor> weightsNK, int unit, int chunks, WeightFormat format) {
    int[] starts = starts(Math.toIntExact(weightsNK.get(0).size(0)), unit, chunks);
    ImmutableList.Builder<PackedWeights> packed = ImmutableList.builder();
    try (Resources made = new Resources()) {
      for (int chunk = 0; chunk < starts.length - 1; chunk++) {
        int share = starts[chunk + 1] - starts[chunk];
        PackedWeights own = packed(weightsNK, starts[chunk], share, format);
        packed.add(made.add(own, PackedWeights::close));
      }
      return new ColumnParallelLinear(starts, packed.build(), made.complete());
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

  private static int[] starts(int rows, int unit, int most) {
    int units = (rows + unit - 1) / unit;
    int chunks = Math.min(most, units);
    int[] starts = new int[chunks + 1];
    for (int chunk = 0; chunk <= chunks; chunk++) {
      starts[chunk] = Math.min(rows, (int) ((long) units * chunk / chunks) * unit);
    }
    return starts;
  }

  /** Returns how many chunks there are. */
  int chunks() {
    return weights.size();
  }

  int start(int chunk) {
    return starts[chunk];
  }

  /** Returns how many outputs the chunk has; of a pair, of each. */
  int share(int chunk) {
    return starts[chunk + 1] - starts[chunk];
  }

  /** Returns the distance between the rows of the chunk's product. */
  int stride(int chunk) {
    return weights.get(chunk).stride();
  }

  /** Returns the widest product of a chunk. */
  int widest() {
    return weights.stream().mapToInt(PackedWeights::stride).max().orElseThrow();
  }

  long bytes() {
    return weights.stream().mapToLong(PackedWeights::bytes).sum();
  }

  /** Multiplies {@code input} by the weights of a chunk, into the thread's own area. */
  void multiply(int chunk, ThreadWorkspace space, NativeFloats input, int rows) {
    weights.get(chunk).multiply(input, rows, space.products(), space.blas());
  }

  @Override
  public void close() {
    parts.close();
  }
}
