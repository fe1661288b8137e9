package org.nemotron.nas.pipeline;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Lets a run's metrics look at it every second, from a thread of their own. */
final class Heartbeat implements AutoCloseable {
  private static final int SECONDS_PER_BEAT = 30;

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread made = new Thread(work, "nemotron-metrics");
            made.setDaemon(true);
            return made;
          });

  Heartbeat(RunMetrics metrics) {
    every(1, metrics::observe);
    every(SECONDS_PER_BEAT, metrics::heartbeat);
  }

  private void every(int seconds, Runnable work) {
    var unused = thread.scheduleWithFixedDelay(work, seconds, seconds, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
