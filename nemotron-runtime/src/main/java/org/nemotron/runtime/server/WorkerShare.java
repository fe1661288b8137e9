package org.nemotron.runtime.server;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** Runs actions on some of the threads of a pool at most. Safe for use by several threads. */
final class WorkerShare implements Executor {
  private final Executor workers;
  private final int most;
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private int running = 0;

  /** Makes a share of {@code most} threads. */
  WorkerShare(Executor workers, int most) {
    this.workers = workers;
    this.most = most;
  }

  @Override
  public synchronized void execute(Runnable action) {
    waiting.add(action);
    next();
  }

  private synchronized void next() {
    Runnable action = running < most ? waiting.poll() : null;
    if (action != null) {
      running++;
      workers.execute(() -> run(action));
    }
  }

  private void run(Runnable action) {
    try {
      action.run();
    } finally {
      ended();
    }
  }

  private synchronized void ended() {
    running--;
    try {
      next();
    } catch (RejectedExecutionException e) {
      waiting.clear(); // the pool has closed
    }
  }
}
