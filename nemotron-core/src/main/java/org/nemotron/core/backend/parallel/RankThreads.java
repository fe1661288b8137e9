package org.nemotron.core.backend.parallel;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.util.concurrent.Uninterruptibles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.nemotron.core.distributed.RankFailureException;

/**
 * A thread for each rank, which does all that concerns this rank's device, so that a rank that
 * stands still holds up nobody else for good: callers wait for a bounded time.
 *
 * <p>Used by one thread at a time. Closing twice is harmless.
 */
final class RankThreads implements AutoCloseable {
  private static final long NAP_NANOS = 20_000_000;

  /** How long ranks that may stand still are waited for at the end. */
  private static final Duration CLOSING = Duration.ofSeconds(5);

  private final ImmutableList<LinkedBlockingQueue<Runnable>> queues;
  private final long spinNanos;
  private volatile boolean closed;

  /**
   * Starts the threads.
   *
   * @param spinNanos how long a thread looks for what comes next before it sleeps: waking takes
   *     longer than a small part of a step on a GPU
   */
  RankThreads(int count, long spinNanos) {
    this.spinNanos = spinNanos;
    ImmutableList.Builder<LinkedBlockingQueue<Runnable>> each = ImmutableList.builder();
    for (int rank = 0; rank < count; rank++) {
      LinkedBlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
      Thread thread = new Thread(() -> serve(queue), "nemotron-rank-" + rank);
      thread.setDaemon(true);
      thread.start();
      each.add(queue);
    }
    this.queues = each.build();
  }

  private void serve(LinkedBlockingQueue<Runnable> queue) {
    while (!closed || !queue.isEmpty()) {
      next(queue).run();
    }
  }

  /** Whoever interrupts a thread that does nothing ends nothing. */
  private Runnable next(LinkedBlockingQueue<Runnable> queue) {
    long end = System.nanoTime() + spinNanos;
    while (System.nanoTime() < end) {
      Runnable task = queue.poll();
      if (task != null) {
        return task;
      }
      Thread.onSpinWait();
    }
    return Uninterruptibles.takeUninterruptibly(queue);
  }

  /**
   * Does {@code work} of each rank on its thread, and returns the results in the order of the
   * ranks. What a rank throws breaks {@code group}.
   *
   * @throws RankFailureException if a rank has failed, or ends later than the first one by more
   *     than the group's patience; the message names it, the cause is what it threw
   * @throws IllegalStateException if the threads have been ended, and would never begin
   */
  <T> ImmutableList<T> all(RankGroup group, IntFunction<T> work) {
    checkState(!closed, "the threads of the ranks have ended: models close before their device");
    group.checkWhole();
    List<CompletableFuture<T>> results = new ArrayList<>();
    for (int rank = 0; rank < queues.size(); rank++) {
      results.add(start(group, rank, work));
    }
    await(group, results);
    return results.stream().map(CompletableFuture::join).collect(ImmutableList.toImmutableList());
  }

  private <T> CompletableFuture<T> start(RankGroup group, int rank, IntFunction<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    queues
        .get(rank)
        .add(
            () -> {
              try {
                result.complete(work.apply(rank));
              } catch (RuntimeException | Error e) {
                group.failed(rank, e);
                result.completeExceptionally(e);
              }
            });
    return result;
  }

  private <T> void await(RankGroup group, List<CompletableFuture<T>> results) {
    long left = Long.MAX_VALUE;
    long spinEnd = System.nanoTime() + spinNanos;
    while (true) {
      boolean some = results.stream().anyMatch(CompletableFuture::isDone);
      if (results.stream().allMatch(CompletableFuture::isDone)) {
        group.checkWhole();
        return;
      }
      left = some ? Math.min(left, group.patience().toNanos()) : left;
      if (left <= 0) {
        firstMissing(results).ifPresent(group::late);
        group.checkWhole();
      }
      if (System.nanoTime() < spinEnd) {
        Thread.onSpinWait();
      } else {
        long start = System.nanoTime();
        nap(results);
        left -= some ? System.nanoTime() - start : 0;
      }
    }
  }

  private static <T> OptionalInt firstMissing(List<CompletableFuture<T>> results) {
    return IntStream.range(0, results.size())
        .filter(rank -> !results.get(rank).isDone())
        .findFirst();
  }

  /** Until the first rank that is missing ends, or for some milliseconds. */
  private static <T> void nap(List<CompletableFuture<T>> results) {
    OptionalInt missing = firstMissing(results);
    if (missing.isEmpty()) {
      return;
    }
    try {
      T unused = results.get(missing.getAsInt()).get(NAP_NANOS, TimeUnit.NANOSECONDS);
    } catch (ExecutionException | TimeoutException e) {
      return; // the loop looks at what has happened
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RankFailureException("interrupted while ranks compute a step", e);
    }
  }

  /**
   * Does what ends a rank's part on each thread: behind what a thread is still at. Returns when all
   * are done, or after some seconds where a group is broken: what a rank that stands still holds is
   * freed when it moves again, or not at all.
   *
   * @param broken whether ranks may stand still
   * @throws RankFailureException if a rank fails, unless ranks may stand still
   */
  void finish(RankGroup group, boolean broken, IntConsumer work) {
    if (!broken) {
      RankGroup ending = new RankGroup(group.names(), group.patience());
      ImmutableList<Boolean> unused = all(ending, rank -> done(work, rank));
      return;
    }
    Duration some = group.patience().compareTo(CLOSING) < 0 ? group.patience() : CLOSING;
    try {
      ImmutableList<Boolean> unused =
          all(new RankGroup(group.names(), some), rank -> done(work, rank));
    } catch (RankFailureException e) {
      return; // what broke the group is what the caller knows already
    }
  }

  private static boolean done(IntConsumer work, int rank) {
    work.accept(rank);
    return true;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      queues.forEach(queue -> queue.add(() -> {}));
    }
  }
}
