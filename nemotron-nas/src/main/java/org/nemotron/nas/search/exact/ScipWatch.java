package org.nemotron.nas.search.exact;

import com.google.common.util.concurrent.Uninterruptibles;
import com.google.ortools.linearsolver.MPSolver;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.nemotron.nas.search.graph.Deadline;

/** Stops SCIP when the caller cancels or is interrupted, which SCIP itself cannot notice. */
final class ScipWatch implements AutoCloseable {
  private static final long POLL_MILLIS = 20;

  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread watching;

  /** Watches until closed. */
  ScipWatch(MPSolver solver, Deadline deadline) {
    watching = new Thread(() -> watch(solver, deadline), "nemotron-scip-watch");
    watching.setDaemon(true);
    watching.start();
  }

  private void watch(MPSolver solver, Deadline deadline) {
    try {
      while (!ended.await(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        if (deadline.cancelled()) {
          boolean unused = solver.interruptSolve(); // false: it has ended by itself
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the watch; returns when the solver is not touched any more. */
  @Override
  public void close() {
    ended.countDown();
    Uninterruptibles.joinUninterruptibly(watching);
  }
}
