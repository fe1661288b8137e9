package org.nemotron.core.backend.cpu;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;
import static com.google.common.base.Verify.verifyNotNull;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.tensor.CpuThreads;

/**
 * A team of threads, one core each, that go through one piece of work in step: for a decode step,
 * whose operations are too short for a thread pool.
 *
 * <p>The caller is thread 0. Threads wait for each other by spinning for some microseconds and nap
 * after that; between two pieces of work they spin a little, then sleep.
 *
 * <p>While this object is open, LibTorch and BLAS use one core per operation. Used by one thread at
 * a time, whichever. Closing twice is harmless; work after close is refused.
 */
public final class ThreadTeam implements AutoCloseable {
  private static final int SPINS = 4_000;
  private static final long NAP_NANOS = 1_000;
  private static final int SPINS_BETWEEN = 20_000;

  private final int count;
  private final List<Thread> threads = new ArrayList<>();
  private final CpuThreads.Lease oneCoreEach;
  private final AtomicInteger arrived = new AtomicInteger();
  private final AtomicInteger ended = new AtomicInteger();
  private final AtomicInteger generation = new AtomicInteger();
  private final AtomicInteger round = new AtomicInteger();
  private volatile @Nullable Work work;
  private volatile @Nullable Throwable failure;
  private volatile boolean closed;

  /** What each thread does. */
  @FunctionalInterface
  public interface Work {
    /** Does the share of {@code worker}. */
    void run(Worker worker);
  }

  /** One of the threads, while it works. */
  public final class Worker {
    private final int index;

    private Worker(int index) {
      this.index = index;
    }

    /** Returns its number, from 0. */
    public int index() {
      return index;
    }

    /** Returns how many threads there are. */
    public int count() {
      return count;
    }

    /** Returns the first of {@code items} that is this thread's, to be ended by {@link #to}. */
    public int from(int items) {
      return (int) ((long) items * index / count);
    }

    /** Returns the end (exclusive) of this thread's share of {@code items}. */
    public int to(int items) {
      return (int) ((long) items * (index + 1) / count);
    }

    /** Waits until all threads are here; what they wrote before is seen after. */
    public void await() {
      meet();
    }
  }

  /** Thrown in the threads that wait for one that failed. */
  private static final class OtherWorkerFailed extends RuntimeException {
    private static final long serialVersionUID = 1;

    OtherWorkerFailed() {
      super("another thread failed", null, false, false);
    }
  }

  /** Starts a team of {@code count}. */
  public ThreadTeam(int count) {
    checkArgument(count > 0, "threads (%s) must be positive", count);
    this.count = count;
    this.oneCoreEach = CpuThreads.onePerOperation();
    for (int index = 1; index < count; index++) {
      Worker worker = new Worker(index);
      Thread thread = new Thread(() -> serve(worker), "thread-" + index);
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }
  }

  /** Starts a team with a thread for each core of this process. */
  public static ThreadTeam ofAllCores() {
    return new ThreadTeam(CpuThreads.available());
  }

  /** Returns how many threads there are. */
  public int count() {
    return count;
  }

  /**
   * Lets each thread do its share and returns when all are done.
   *
   * @throws RuntimeException the first one that a thread threw
   */
  public void run(Work shared) {
    checkState(!closed, "these threads are closed");
    failure = null;
    work = shared;
    round.incrementAndGet();
    threads.forEach(LockSupport::unpark);
    attempt(shared, new Worker(0));
    awaitEnd();
    Throwable thrown = failure;
    work = null;
    if (thrown instanceof RuntimeException e) {
      throw e;
    }
    if (thrown instanceof Error e) {
      throw e;
    }
  }

  private void serve(Worker worker) {
    int served = 0;
    while (awaitRound(served)) {
      served++;
      attempt(verifyNotNull(work), worker);
      ended.incrementAndGet();
    }
  }

  /** Waits for a round after {@code served}; returns whether there is one. */
  private boolean awaitRound(int served) {
    for (int spins = 0; round.get() == served; spins++) {
      if (closed) {
        return false;
      }
      if (spins < SPINS_BETWEEN) {
        Thread.onSpinWait();
      } else {
        LockSupport.park(this);
      }
    }
    return true;
  }

  private void attempt(Work shared, Worker worker) {
    try {
      shared.run(worker);
    } catch (OtherWorkerFailed e) {
      checkState(failure != null, "a thread gave up without a reason");
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  private synchronized void fail(Throwable thrown) {
    if (failure == null) {
      failure = thrown;
    }
  }

  private void meet() {
    int mine = generation.get();
    if (arrived.incrementAndGet() == count) {
      arrived.set(0);
      generation.set(mine + 1);
      return;
    }
    for (int spins = 0; generation.get() == mine; spins++) {
      if (failure != null) {
        throw new OtherWorkerFailed();
      }
      pause(spins);
    }
  }

  private void awaitEnd() {
    for (int spins = 0; ended.get() < count - 1; spins++) {
      pause(spins);
    }
    ended.set(0);
    arrived.set(0);
  }

  private static void pause(int spins) {
    if (spins < SPINS) {
      Thread.onSpinWait();
    } else {
      LockSupport.parkNanos(NAP_NANOS);
    }
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
