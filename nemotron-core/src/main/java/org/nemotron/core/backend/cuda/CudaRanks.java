package org.nemotron.core.backend.cuda;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import org.nemotron.core.backend.parallel.RankMember;
import org.nemotron.core.cuda.CudaStream;
import org.nemotron.core.cuda.NcclRank;

/**
 * What a rank's GPU exchanges with those of the other ranks, on the stream of its steps: sums,
 * logits, and the end of a step, for which a rank waits no longer than the group's patience.
 */
final class CudaRanks implements AutoCloseable {
  private static final long CLOSING_MILLIS = 10_000;

  private final RankMember member;
  private final CudaStream stream;
  private final Optional<NcclRank> nccl;
  private long steps;

  /** Connects with the other ranks, if there are any; returns when all have come. */
  CudaRanks(RankMember member, CudaStream stream) {
    this.member = member;
    this.stream = stream;
    this.nccl = member.isAlone() ? Optional.empty() : Optional.of(connected());
  }

  private NcclRank connected() {
    byte[] own = member.rank() == 0 ? NcclRank.newId() : new byte[0];
    ImmutableList<byte[]> ids = member.exchange("connecting GPUs", own);
    return new NcclRank(ids.get(0), member.rank(), member.group().size(), stream);
  }

  boolean isAlone() {
    return member.isAlone();
  }

  /** Returns whether this rank has the tokens and logits of a step. */
  boolean isFirst() {
    return member.rank() == 0;
  }

  int rank() {
    return member.rank();
  }

  RankMember member() {
    return member;
  }

  /** Replaces bfloat16 values by their sums over all ranks, the same bits on each. */
  void sum(long address, long count) {
    nccl.ifPresent(all -> all.sumBfloat16(address, count));
  }

  /** Sends {@code count} float32 values to the first rank. */
  void send(long address, long count) {
    nccl.ifPresent(all -> all.sendFloats(address, count, 0));
  }

  /**
   * Receives what every other rank {@linkplain #send sends}, one part behind the other.
   *
   * @param counts of each rank's float32 values, the first rank's included
   */
  void receive(long address, ImmutableList<Long> counts) {
    nccl.ifPresent(
        all -> {
          all.begin();
          long to = address;
          for (int rank = 1; rank < counts.size(); rank++) {
            all.receiveFloats(to, counts.get(rank), rank);
            to += counts.get(rank) * Float.BYTES;
          }
          all.end();
        });
  }

  /**
   * Waits until the stream has done its work.
   *
   * @throws org.nemotron.core.distributed.RankFailureException if another rank has failed, or the
   *     work takes longer than the group's patience
   */
  void await() {
    if (isAlone()) {
      stream.synchronize();
      return;
    }
    long number = ++steps;
    member.group().begun(member.rank(), number);
    long start = System.nanoTime();
    long patience = member.group().patience().toNanos();
    while (!stream.isDone()) {
      member.group().checkWhole();
      if (System.nanoTime() - start > patience) {
        member.group().lateWork(member.rank(), number);
      }
      Thread.onSpinWait();
    }
  }

  /**
   * Disconnects. Where ranks do not answer any more, in a thread of its own: what NCCL waits for
   * may never come.
   */
  @Override
  public void close() {
    if (!member.group().isBroken()) {
      nccl.ifPresent(NcclRank::close);
      return;
    }
    nccl.ifPresent(CudaRanks::abort);
  }

  private static void abort(NcclRank nccl) {
    Thread thread = new Thread(nccl::abort, "nccl-abort");
    thread.setDaemon(true);
    thread.start();
    try {
      thread.join(CLOSING_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
