package org.nemotron.runtime.server;

import com.google.common.util.concurrent.MoreExecutors;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The one thread that reads and writes, and the few on which prompts are parsed, rendered and
 * tokenized. Whatever belongs to a request is touched by the first only.
 */
final class EventLoop implements AutoCloseable {
  private static final int WORKERS = Math.max(2, Runtime.getRuntime().availableProcessors() / 2);

  private static final int MOST_AT_ONCE = 256;

  private final Vertx vertx;
  private final Context context;
  private final Queue<Runnable> posted = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final ExecutorService workers =
      Executors.newFixedThreadPool(
          WORKERS,
          new ThreadFactoryBuilder().setNameFormat("nemotron-server-%d").setDaemon(true).build());

  private final Executor longWork = new WorkerShare(workers, WORKERS / 2);

  EventLoop() {
    FileSystemOptions files =
        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false);
    VertxOptions options =
        new VertxOptions()
            .setEventLoopPoolSize(1)
            .setWorkerPoolSize(1)
            .setInternalBlockingPoolSize(1)
            .setFileSystemOptions(files)
            .setUseDaemonThread(true);
    this.vertx = Vertx.builder().with(options).build();
    this.context = vertx.getOrCreateContext();
  }

  Vertx vertx() {
    return vertx;
  }

  /**
   * Runs {@code action} on the event loop, after what was given before; not any more once the loop
   * is closed, since every connection is closed by then.
   */
  void run(Runnable action) {
    posted.add(action);
    schedule();
  }

  private void schedule() {
    if (scheduled.compareAndSet(false, true)) {
      try {
        context.runOnContext(nothing -> drain());
      } catch (RejectedExecutionException e) {
        posted.clear(); // the server has closed: an engine may still report to it
      }
    }
  }

  /** Runs what was posted meanwhile: the tokens of a step wake the event loop once. */
  private void drain() {
    scheduled.set(false);
    int left = MOST_AT_ONCE;
    try {
      for (Runnable next = posted.poll(); next != null; next = posted.poll()) {
        next.run();
        if (--left == 0) {
          break; // so that what comes from sockets has its turn
        }
      }
    } finally {
      if (!posted.isEmpty()) {
        schedule();
      }
    }
  }

  /**
   * Runs {@code action} on a worker thread.
   *
   * @param bodyBytes how long the body is that it reads: only half of the threads read long ones,
   *     so that short ones do not wait for them
   */
  void work(int bodyBytes, Runnable action) {
    try {
      (bodyBytes > BodyBudget.SHORT_BYTES ? longWork : workers).execute(action);
    } catch (RejectedExecutionException e) {
      // the server has closed, and with it every connection
    }
  }

  @Override
  public void close() {
    boolean unused = MoreExecutors.shutdownAndAwaitTermination(workers, 10, TimeUnit.SECONDS);
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
