package org.nemotron.core.distributed;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.nemotron.core.tensor.Cancellation;

/** Waits that end when a rank fails, is gone or is stuck. */
final class RankWaits {
  private static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Looks per second of a wait at its longest pause. */
  private static final int PAUSES_PER_SECOND = 10;

  private final int rank;
  private final int size;
  private final RankBeats beats;

  RankWaits(int rank, int size, RankBeats beats) {
    this.rank = rank;
    this.size = size;
    this.beats = beats;
  }

  /**
   * Throws if a rank has failed or is gone.
   *
   * @throws RankFailureException if so
   */
  void check() {
    Optional<String> failure = beats.failure();
    if (failure.isPresent()) {
      throw new RankFailureException(failure.get());
    }
  }

  /**
   * Throws if a rank stands behind this one for too long: it will not come to what this one waits
   * for.
   *
   * @param what is waited for
   * @throws RankFailureException if so
   */
  void checkLaggards(String what) {
    Optional<String> laggard = beats.laggard(what);
    if (laggard.isPresent()) {
      throw new RankFailureException(laggard.get());
    }
  }

  /**
   * Returns what {@code probe} finds, as soon as it does.
   *
   * @param what is waited for
   * @param others who is to bring it
   */
  <T> T until(String what, ImmutableList<Integer> others, Supplier<Optional<T>> probe) {
    long nanos = SHORTEST_NANOS;
    while (true) {
      Optional<T> found = probe.get();
      if (found.isPresent()) {
        return found.get();
      }
      check();
      for (int other : others) {
        Optional<String> absence = beats.absence(other, what);
        if (absence.isPresent()) {
          throw new RankFailureException(absence.get());
        }
      }
      Cancellation.check();
      LockSupport.parkNanos(nanos);
      nanos = Math.min(LONGEST_NANOS, 2 * nanos);
    }
  }

  /** Returns what to throw for an exchange that failed: who was missing, once that is known. */
  RankFailureException explained(String what, Throwable fault) {
    for (int pause = 0; pause < (RankBeats.SILENT_LOOKS + 2) * PAUSES_PER_SECOND; pause++) {
      Optional<String> failure = beats.failure();
      if (failure.isPresent()) {
        return new RankFailureException(failure.get(), fault);
      }
      LockSupport.parkNanos(LONGEST_NANOS);
    }
    return new RankFailureException(
        "rank " + rank + " of " + size + ": " + what + " failed: " + SharedStore.firstLine(fault),
        fault);
  }

  /** Waits until every other rank has ended, or is gone, for as long as it takes to find out. */
  void untilGone(IntPredicate ended) {
    for (int pause = 0; pause < (RankBeats.SILENT_LOOKS + 4) * PAUSES_PER_SECOND; pause++) {
      boolean all = true;
      for (int other = 0; other < size; other++) {
        all &= other == rank || beats.isSilent(other) || ended.test(other);
      }
      if (all) {
        return;
      }
      LockSupport.parkNanos(LONGEST_NANOS);
    }
  }
}
