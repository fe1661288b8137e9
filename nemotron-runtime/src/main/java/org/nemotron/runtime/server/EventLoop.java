package org.nemotron.runtime.server;

import com.google.common.util.concurrent.MoreExecutors;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * The one thread that reads and writes, and the few on which prompts are parsed, rendered and
 * tokenized. Whatever belongs to a request is touched by the first only.
 */
final class EventLoop implements AutoCloseable {
  private static final int WORKERS = Math.max(2, Runtime.getRuntime().availableProcessors() / 2);

  private final Vertx vertx;
  private final Context context;
  private final ExecutorService workers =
      Executors.newFixedThreadPool(
          WORKERS,
          new ThreadFactoryBuilder().setNameFormat("nemotron-server-%d").setDaemon(true).build());

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

  /** Runs {@code action} on the event loop, after what was given before. */
  void run(Runnable action) {
    context.runOnContext(nothing -> action.run());
  }

  /** Runs {@code action} on a worker thread. */
  void work(Runnable action) {
    try {
      workers.execute(action);
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
