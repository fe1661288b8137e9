package org.nemotron.core.backend.cuda;

import com.google.common.collect.ImmutableList;
import java.time.Duration;
import org.nemotron.core.backend.parallel.RankMember;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * Memory in which the GPUs of several ranks add up and meet within the kernel of few rows: each
 * writes to all, in the layout of {@code struct RankTable} of persistent.cu. Of one rank by itself
 * there is none.
 */
final class CudaPeers implements AutoCloseable {
  private static final int MOST_RANKS = 8;
  private static final int COUNTER_INTS = 32;

  /** The host gives up first, and says which rank is late. */
  private static final Duration LONGER = Duration.ofSeconds(5);

  private final RankMember member;
  private final CudaTensor sums;
  private final CudaTensor counters;
  private final CudaTensor table;
  private final long logits;
  private final Resources parts;

  /** Where a rank's memory is. */
  private record Addresses(long sums, long counters, long logits) {}

  /**
   * Makes the memory; all ranks do, and each learns where the others' is.
   *
   * @param floats of the two places of partial sums together
   * @param logits where this rank's workspace has its logits
   */
  CudaPeers(RankMember member, Device device, long floats, CudaTensor logits) {
    this.member = member;
    int ranks = member.group().size();
    try (Resources made = new Resources();
        NativeScope scope = NativeScope.open()) {
      this.sums =
          made.add(CudaTensor.zeros(device, DType.FLOAT32, Math.max(1, floats)), CudaTensor::close);
      this.counters =
          made.add(
              CudaTensor.zeros(device, DType.INT32, (ranks + 1L) * COUNTER_INTS),
              CudaTensor::close);
      ImmutableList<Addresses> all =
          member.exchange(
              "the addresses of GPUs",
              new Addresses(sums.address(), counters.address(), logits.address()));
      this.logits = all.get(0).logits();
      long[] longs = written(all);
      this.table =
          made.add(
              CudaTensor.of(Tensors.move(Tensors.of(longs, longs.length), device, DType.INT64)),
              CudaTensor::close);
      this.parts = made.complete();
    }
  }

  private long[] written(ImmutableList<Addresses> all) {
    long[] longs = new long[2 * MOST_RANKS + 2];
    for (int rank = 0; rank < all.size(); rank++) {
      longs[rank] = all.get(rank).sums();
      longs[MOST_RANKS + rank] = all.get(rank).counters();
    }
    longs[2 * MOST_RANKS] = counters.address() + (long) all.size() * COUNTER_INTS * Integer.BYTES;
    longs[2 * MOST_RANKS + 1] = member.group().patience().plus(LONGER).toNanos();
    return longs;
  }

  /** Returns how many ranks there may be. */
  static int mostRanks() {
    return MOST_RANKS;
  }

  int ranks() {
    return member.group().size();
  }

  int rank() {
    return member.rank();
  }

  boolean isAlone() {
    return member.isAlone();
  }

  /** Returns where this GPU has the partial sums of all ranks. */
  long sums() {
    return sums.address();
  }

  /** Returns where the first rank has its logits. */
  long logits() {
    return logits;
  }

  /** Returns where the table is. */
  long table() {
    return table.address();
  }

  /** Returns what the first rank has where this one has {@code own}; all ranks ask. */
  long firstOf(long own) {
    return member.exchange("the addresses of likeliest tokens", own).get(0);
  }

  @Override
  public void close() {
    parts.close();
  }
}
