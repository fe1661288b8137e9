package org.nemotron.core.tensor;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;
import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Several streams of tensor operations at the same time, one core each.
 *
 * <p>While this object is open, an operation anywhere in the process uses one core; closing it
 * gives operations all cores again. Each operation being computed by one core, results do not
 * depend on the number of streams. Streams share the cores with whatever else computes in this
 * process ({@link CoreLeases}): meanwhile some of them wait between two items.
 *
 * <p>Safe for use by several threads. Any thread may close it, when no work is under way; closing
 * twice is harmless, work after close is refused.
 */
public final class TensorThreads implements AutoCloseable {
  private final CpuThreads.Lease oneCoreEach;
  private final CoreLeases.Party party = CoreLeases.ofProcess().join();
  private final int streams;
  private final ExecutorService threads;

  /** Starts {@code streams} threads. */
  public TensorThreads(int streams) {
    checkArgument(streams > 0, "streams (%s) must be positive", streams);
    this.streams = streams;
    this.oneCoreEach = CpuThreads.onePerOperation();
    this.threads =
        Executors.newFixedThreadPool(
            streams, new ThreadFactoryBuilder().setNameFormat("tensor-%d").setDaemon(true).build());
  }

  /**
   * Calls {@code work} for each item, in the order of the list as threads become free, and returns
   * when all are done. Each call has a {@link NativeScope} of its own.
   *
   * @throws RuntimeException the first exception that a call threw, once all calls have ended
   * @throws java.util.concurrent.CancellationException if the work of this thread is cancelled,
   *     once all calls have ended that had begun; see {@link Cancellation}
   */
  public <T> void forEach(List<T> items, Consumer<T> work) {
    checkState(!threads.isShutdown(), "these streams are closed");
    Cancellation.check();
    BooleanSupplier cancelled = Cancellation.condition();
    AtomicBoolean stopped = new AtomicBoolean();
    List<Future<?>> running = new ArrayList<>();
    for (T item : items) {
      running.add(
          threads.submit(
              () -> {
                if (stopped.get() || cancelled.getAsBoolean()) {
                  return;
                }
                party.enter(streams);
                try (NativeScope scope = NativeScope.open()) {
                  work.accept(item);
                } finally {
                  party.leave();
                }
              }));
    }
    awaitAll(running, stopped);
    Cancellation.check();
  }

  /** An interrupt stops what has not begun, and is set again when all have ended. */
  private static void awaitAll(List<Future<?>> running, AtomicBoolean stopped) {
    Throwable first = null;
    for (Future<?> future : running) {
      boolean ended = false;
      while (!ended) {
        try {
          Object unused = future.get();
          ended = true;
        } catch (InterruptedException e) {
          stopped.set(true);
        } catch (ExecutionException e) {
          ended = true;
          first = first == null ? verifyNotNull(e.getCause()) : first;
        }
      }
    }
    if (stopped.get()) {
      Thread.currentThread().interrupt();
    }
    if (first != null) {
      Throwables.throwIfUnchecked(first);
      throw new IllegalStateException(first);
    }
  }

  @Override
  public void close() {
    threads.shutdown();
    party.close();
    oneCoreEach.close();
  }
}
