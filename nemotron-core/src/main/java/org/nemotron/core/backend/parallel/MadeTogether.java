package org.nemotron.core.backend.parallel;

import com.google.common.collect.ImmutableList;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntFunction;

/**
 * Makes a part of something on each rank's thread; where one fails, what the others have made is
 * closed on theirs.
 *
 * @param threads of the ranks
 * @param group which the failure breaks
 */
record MadeTogether<T extends AutoCloseable>(RankThreads threads, RankGroup group) {
  /**
   * Returns the parts in the order of the ranks.
   *
   * @throws org.nemotron.core.distributed.RankFailureException if a rank fails or is late
   */
  ImmutableList<T> all(IntFunction<? extends T> made) {
    AtomicReferenceArray<T> parts = new AtomicReferenceArray<>(group.size());
    try {
      return threads.all(
          group,
          rank -> {
            T part = made.apply(rank);
            parts.set(rank, part);
            return part;
          });
    } catch (RuntimeException e) {
      threads.finish(group, group.isBroken(), rank -> close(parts.getAndSet(rank, null)));
      throw e;
    }
  }

  private static void close(AutoCloseable part) {
    if (part != null) {
      try {
        part.close();
      } catch (Exception e) {
        throw new IllegalStateException("closing what a rank has made", e);
      }
    }
  }
}
