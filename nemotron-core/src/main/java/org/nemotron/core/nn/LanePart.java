package org.nemotron.core.nn;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.FloatArea;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.PackedWeights;
import org.nemotron.core.tensor.Parts;
import org.nemotron.core.tensor.WeightFormat;

/**
 * One product of a step, its outputs shared out among the lanes: lane i computes the outputs from
 * {@code start(i)} to {@code start(i + 1)}, with packed weights of its own.
 */
final class LanePart implements AutoCloseable {
  private final int[] starts;
  private final ImmutableMap<Integer, PackedWeights> weights;
  private final Parts parts;

  private LanePart(int[] starts, ImmutableMap<Integer, PackedWeights> weights, Parts parts) {
    this.starts = starts;
    this.weights = weights;
    this.parts = parts;
  }

  /**
   * Shares out the rows of {@code weightNK} in units of {@code unit} rows; the last unit may be
   * incomplete.
   */
  static LanePart of(Tensor weightNK, int unit, int lanes, WeightFormat format) {
    return of(ImmutableList.of(weightNK), unit, lanes, format);
  }

  /**
   * Shares out several matrices of one shape alike: a lane's outputs are its rows of the first,
   * then of the second, and so on.
   */
  static LanePart of(ImmutableList<Tensor> weightsNK, int unit, int lanes, WeightFormat format) {
    int[] starts = starts(Math.toIntExact(weightsNK.get(0).size(0)), unit, lanes);
    ImmutableMap.Builder<Integer, PackedWeights> packed = ImmutableMap.builder();
    try (Parts made = new Parts()) {
      for (int lane = 0; lane < lanes; lane++) {
        int share = starts[lane + 1] - starts[lane];
        if (share > 0) {
          PackedWeights own = packed(weightsNK, starts[lane], share, format);
          packed.put(lane, made.add(own, PackedWeights::close));
        }
      }
      return new LanePart(starts, packed.buildOrThrow(), made.complete());
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

  private static int[] starts(int rows, int unit, int lanes) {
    int[] starts = new int[lanes + 1];
    int units = (rows + unit - 1) / unit;
    for (int lane = 0; lane <= lanes; lane++) {
      starts[lane] = Math.min(rows, (int) ((long) units * lane / lanes) * unit);
    }
    return starts;
  }

  int start(int lane) {
    return starts[lane];
  }

  /** Returns how many outputs the lane computes; of a pair, of each. */
  int share(int lane) {
    return starts[lane + 1] - starts[lane];
  }

  /** Returns the distance between the rows of the lane's product; 0 where it has none. */
  int stride(int lane) {
    PackedWeights own = weights.get(lane);
    return own == null ? 0 : own.stride();
  }

  /** Returns the widest product of a lane. */
  int widest() {
    return weights.values().stream().mapToInt(PackedWeights::stride).max().orElseThrow();
  }

  long bytes() {
    return weights.values().stream().mapToLong(PackedWeights::bytes).sum();
  }

  /** Multiplies {@code input} by the lane's share, into the lane's own area. */
  void multiply(LaneSpace space, FloatArea input, int rows) {
    PackedWeights own = weights.get(space.lane());
    if (own != null) {
      own.multiply(input, rows, space.products(), space.blas());
    }
  }

  @Override
  public void close() {
    parts.close();
  }
}
