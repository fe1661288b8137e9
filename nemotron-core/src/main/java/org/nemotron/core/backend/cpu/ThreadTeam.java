package org.nemotron.core.backend.cpu;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.tensor.CpuThreads;

/**
 * A team of threads that go through one piece of work in stages: for a decode step, whose
 * operations are too short for a thread pool.
 *
 * <p>The items of a stage are drawn, and the next stage begins when all are done, whoever did them.
 * The caller is thread 0 and waits for items only, never for a thread: one that is late, because
 * another program has its core, finds less to do or nothing, and what it was computing when its
 * core was taken another thread computes. A thread that waits for an item spins for some
 * microseconds, then yields its core, then sleeps; between two pieces of work likewise.
 *
 * <p>While this object is open, LibTorch and BLAS use one core per operation. Used by one thread at
 * a time, whichever. Closing twice is harmless; work after close is refused.
 */
public final class ThreadTeam implements AutoCloseable {
  private final int count;
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicIntegerArray asleep;
  private final AtomicInteger helpers = new AtomicInteger();
  private final CpuThreads.Lease oneCoreEach;
  private volatile @Nullable TeamRun current;
  private volatile boolean closed;

  /** What each thread does: all go through the same stages in the same order. */
  @FunctionalInterface
  public interface Work {
    /** Goes through the stages as {@code worker}. */
    void run(Worker worker);
  }

  /** One of the threads, while it works. */
  public static final class Worker {
    private final TeamRun run;
    private final int index;
    private int stage;

    Worker(TeamRun run, int index) {
      this.run = run;
      this.index = index;
    }

    /** Returns its number, from 0. */
    public int index() {
      return index;
    }

    /** Returns how many threads there are at most. */
    public int count() {
      return run.threads();
    }

    /**
     * A stage: calls {@code work} for each of the items 0 to {@code items - 1} that no other thread
     * has drawn, and returns when all are done; what was written for them is seen after. Memory
     * that a step shares may be touched within {@code work} only: a late thread goes through stages
     * that are over.
     */
    public void each(int items, IntConsumer work) {
      if (items > 0) {
        run.each(stage++, items, work);
      }
    }

    /**
     * A stage as {@link #each(int, IntConsumer)}, in which a thread that has nothing left to do
     * computes once more what another has been computing for long: the operating system may have
     * stopped it. Who is first publishes.
     *
     * @param compute writes to memory of this thread only; what it reads may change while it runs,
     *     and the memory must stay until {@link ThreadTeam#awaitHelpers}
     * @param publish called once for an item, by a thread that has computed it just before
     */
    public void each(int items, IntConsumer compute, IntConsumer publish) {
      if (items > 0) {
        run.each(stage++, items, compute, publish);
      }
    }
  }

  /** Starts a team of {@code count}. */
  public ThreadTeam(int count) {
    checkArgument(count > 0, "threads (%s) must be positive", count);
    this.count = count;
    this.asleep = new AtomicIntegerArray(count);
    this.oneCoreEach = CpuThreads.onePerOperation();
    for (int index = 1; index < count; index++) {
      int own = index;
      Thread thread = new Thread(() -> serve(own), "thread-" + index);
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }
  }

  /** Returns how many threads there are. */
  public int count() {
    return count;
  }

  /** Does all of {@code work} with all threads; see {@link #run(int, Work)}. */
  public void run(Work work) {
    run(count, work);
  }

  /**
   * Does all of {@code work}: by this thread, and by those of the first {@code most} of the team
   * that come in time.
   *
   * @throws RuntimeException the first one that a thread threw
   */
  public void run(int most, Work work) {
    checkState(!closed, "these threads are closed");
    TeamRun run = new TeamRun(work, Math.min(most, count), helpers);
    current = run;
    for (int index = 1; index < run.threads(); index++) {
      if (asleep.get(index) != 0) {
        LockSupport.unpark(threads.get(index - 1));
      }
    }
    run.work(0);
    current = null;
    run.end();
  }

  /** Waits for threads that compute what is of no use any more: before memory is given back. */
  public void awaitHelpers() {
    TeamRun.awaitNone(helpers);
  }

  private void serve(int index) {
    TeamRun last = null;
    Patience patience = Patience.betweenRuns();
    while (!closed) {
      TeamRun run = runFor(index, last);
      if (run != null) {
        run.help(index);
        last = run;
        patience.renew();
      } else if (!patience.remains()) {
        sleep(index, last);
      }
    }
  }

  /** Returns what thread {@code index} is to help with and has not. */
  private @Nullable TeamRun runFor(int index, @Nullable TeamRun last) {
    TeamRun run = current;
    return run != null && run != last && index < run.threads() ? run : null;
  }

  private void sleep(int index, @Nullable TeamRun last) {
    asleep.set(index, 1);
    if (runFor(index, last) == null && !closed) {
      LockSupport.park(this);
    }
    asleep.set(index, 0);
  }

  /** Ends the threads; does nothing when closed already. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      threads.forEach(LockSupport::unpark);
      oneCoreEach.close();
    }
  }
}
