package org.nemotron.nas.distill;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** Sums over ranks, added in the order of ranks: the same bits on all of them. */
record RankSums(Communicator ranks) {
  /** The sums of a process by itself: what it has. */
  static final RankSums ALONE = new RankSums(Communicator.alone());

  boolean alone() {
    return ranks.size() == 1;
  }

  /**
   * Returns the sum of one number of each rank, which stays on the device.
   *
   * @param own {@code [1]}, float32
   * @return {@code [1]}, owned by the current scope; {@code own} itself where there is no other
   */
  Tensor of(Tensor own) {
    if (alone()) {
      return own;
    }
    Tensor all = Tensors.zeros(Tensors.device(own), DType.FLOAT32, ranks.size());
    ranks.allGather(all, own.contiguous());
    Tensor sum = all.narrow(0, 0, 1).clone();
    for (int rank = 1; rank < ranks.size(); rank++) {
      sum.add_(all.narrow(0, rank, 1));
    }
    return sum;
  }

  /** Returns the sums of several numbers of each rank, in float64. */
  double[] of(double... own) {
    double[] sums = new double[own.length];
    for (double[] ofRank : gathered(own)) {
      for (int i = 0; i < sums.length; i++) {
        sums[i] += ofRank[i];
      }
    }
    return sums;
  }

  /** Returns the numbers of all ranks, by rank; all ranks have as many. */
  double[][] gathered(double... own) {
    if (alone()) {
      return new double[][] {own};
    }
    try (NativeScope scope = NativeScope.open()) { // no transport takes float64
      long[] bits = Arrays.stream(own).mapToLong(Double::doubleToRawLongBits).toArray();
      Tensor all = Tensors.zeros(Device.CPU, DType.INT64, (long) ranks.size() * own.length);
      ranks.allGather(all, Tensors.of(bits, own.length));
      long[] values = Tensors.longs(all);
      double[][] byRank = new double[ranks.size()][own.length];
      for (int i = 0; i < values.length; i++) {
        byRank[i / own.length][i % own.length] = Double.longBitsToDouble(values[i]);
      }
      return byRank;
    }
  }
}
