package org.nemotron.core.backend.cpu;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.base.Throwables;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** One piece of work of a {@link ThreadTeam}: which stage it is at, and what of it is drawn. */
final class TeamRun {
  // The state is one number: the stage, how many of its items are drawn, how many are done. It
  // grows with each change, so that a late thread that compares and sets cannot be mistaken.
  private static final int ITEM_BITS = 20;
  private static final long MOST_ITEMS = (1L << ITEM_BITS) - 1;
  private static final long DRAWN = 1L << ITEM_BITS;
  private static final long STAGE = 1L << (2 * ITEM_BITS);
  private static final long OVER = Long.MAX_VALUE;

  // Which items of the stage are published: the stage, then a bit for each.
  private static final int BACKED_ITEMS = 32;
  private static final long LATE_NANOS = 80_000;
  private static final long NAP_NANOS = 1_000_000;

  private final ThreadTeam.Work work;
  private final int threads;
  private final AtomicLong state = new AtomicLong();
  private final AtomicLong published = new AtomicLong();
  private final AtomicInteger helpers;
  private final ConcurrentLinkedQueue<Thread> asleep = new ConcurrentLinkedQueue<>();
  private volatile @Nullable Throwable failure;

  /** Thrown in the threads that wait for one that failed. */
  private static final class OtherWorkerFailed extends RuntimeException {
    private static final long serialVersionUID = 1;

    OtherWorkerFailed() {
      super("another thread failed", null, false, false);
    }
  }

  /**
   * Prepares.
   *
   * @param helpers counts the team's threads that are at work, of earlier runs perhaps
   */
  TeamRun(ThreadTeam.Work work, int threads, AtomicInteger helpers) {
    this.work = work;
    this.threads = threads;
    this.helpers = helpers;
  }

  int threads() {
    return threads;
  }

  /** Goes through the stages as thread {@code index}. */
  void work(int index) {
    try {
      work.run(new ThreadTeam.Worker(this, index));
    } catch (OtherWorkerFailed e) {
      checkState(failure != null, "a thread gave up without a reason");
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  /** Helps as thread {@code index} if there is something left to do. */
  void help(int index) {
    helpers.incrementAndGet();
    try {
      if (state.get() != OVER) {
        work(index);
      }
    } finally {
      helpers.decrementAndGet();
    }
  }

  private synchronized void fail(Throwable thrown) {
    if (failure == null && state.get() != OVER) {
      failure = thrown;
    }
    over();
  }

  private void over() {
    state.set(OVER);
    wake();
  }

  /** Ends the work: after a failure, when no thread is at it any more. */
  void end() {
    over();
    Throwable thrown = failure;
    if (thrown != null) {
      awaitNone(helpers);
      Throwables.throwIfUnchecked(thrown);
    }
  }

  /** Waits until no helper is at work. */
  static void awaitNone(AtomicInteger helpers) {
    Patience patience = Patience.withinARun();
    while (helpers.get() > 0) {
      if (!patience.remains()) {
        LockSupport.parkNanos(helpers, NAP_NANOS);
      }
    }
  }

  void each(int stage, int items, IntConsumer work) {
    checkState(items <= MOST_ITEMS, "a stage of %s items must have at most %s", items, MOST_ITEMS);
    for (int item = draw(stage, items); item >= 0; item = draw(stage, items)) {
      work.accept(item);
      if (done(stage, items)) {
        return;
      }
    }
    awaitEndOf(stage);
  }

  /** As {@link ThreadTeam.Worker#each(int, IntConsumer, IntConsumer)} says. */
  void each(int stage, int items, IntConsumer compute, IntConsumer publish) {
    long slowest = 0;
    for (int item = draw(stage, items); item >= 0; item = draw(stage, items)) {
      long start = threads > 1 ? System.nanoTime() : 0;
      compute.accept(item);
      slowest = threads > 1 ? Math.max(slowest, System.nanoTime() - start) : 0;
      if (mayPublish(stage, item)) {
        publish.accept(item);
        if (done(stage, items)) {
          return;
        }
      }
    }
    if (!endsWithin(stage, Math.max(LATE_NANOS, slowest))) {
      computeLate(stage, items, compute, publish);
    }
    awaitEndOf(stage);
  }

  /** Computes what others have drawn and not yet computed: the operating system stopped them. */
  private void computeLate(int stage, int items, IntConsumer compute, IntConsumer publish) {
    for (int item = 0; item < Math.min(items, BACKED_ITEMS); item++) {
      if (isLate(stage, item)) {
        compute.accept(item);
        if (mayPublish(stage, item)) {
          publish.accept(item);
          if (done(stage, items)) {
            return;
          }
        }
      }
    }
  }

  private boolean isLate(int stage, int item) {
    long now = published.get();
    return now >>> BACKED_ITEMS == stage
        && (now & 1L << item) == 0
        && state.get() < STAGE * (stage + 1);
  }

  /** Returns whether this thread is the first to have computed {@code item}. */
  private boolean mayPublish(int stage, int item) {
    if (item >= BACKED_ITEMS) {
      return true;
    }
    while (true) {
      long now = published.get();
      if (now >>> BACKED_ITEMS != stage || (now & 1L << item) != 0) {
        return false;
      }
      if (published.compareAndSet(now, now | 1L << item)) {
        return true;
      }
    }
  }

  private boolean endsWithin(int stage, long nanos) {
    long end = 0;
    for (int spins = 1; state.get() < STAGE * (stage + 1); spins++) {
      Thread.onSpinWait();
      if (spins % Patience.SPINS_PER_LOOK == 0) {
        long now = System.nanoTime();
        end = end == 0 ? now + nanos : end;
        if (now >= end) {
          return false;
        }
      }
    }
    return true;
  }

  /** Returns an item that nobody has drawn; -1 if there is none, or the stage is over. */
  private int draw(int stage, int items) {
    while (true) {
      long now = state.get();
      int drawn = (int) (now >> ITEM_BITS & MOST_ITEMS);
      if (now >= STAGE * (stage + 1) || drawn == items) {
        return -1;
      }
      if (state.compareAndSet(now, now + DRAWN)) {
        return drawn;
      }
    }
  }

  /** Counts an item as done; returns whether it was the last of its stage. */
  private boolean done(int stage, int items) {
    while (true) {
      long now = state.get();
      if (now == OVER) {
        throw new OtherWorkerFailed();
      }
      boolean last = (now & MOST_ITEMS) + 1 == items;
      if (last) {
        published.set((long) (stage + 1) << BACKED_ITEMS); // nobody else publishes: all are done
      }
      if (state.compareAndSet(now, last ? STAGE * (stage + 1) : now + 1)) {
        if (last) {
          wake();
        }
        return last;
      }
    }
  }

  private void awaitEndOf(int stage) {
    Patience patience = Patience.withinARun();
    while (state.get() < STAGE * (stage + 1)) {
      if (!patience.remains()) {
        sleepUntilEndOf(stage);
      }
    }
    if (state.get() == OVER && failure != null) {
      throw new OtherWorkerFailed();
    }
  }

  private void sleepUntilEndOf(int stage) {
    asleep.add(Thread.currentThread());
    if (state.get() < STAGE * (stage + 1)) {
      LockSupport.parkNanos(this, NAP_NANOS);
    }
  }

  private void wake() {
    if (!asleep.isEmpty()) {
      for (Thread thread = asleep.poll(); thread != null; thread = asleep.poll()) {
        LockSupport.unpark(thread);
      }
    }
  }
}
