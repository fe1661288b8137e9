package org.nemotron.runtime.metrics;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * A rate per second over a sliding window: counts of the last {@value #SECONDS} whole seconds and
 * of the current one. Constant memory. Not safe for use by several threads.
 */
final class RecentRate {
  private static final int SECONDS = 10;
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final long begin;
  private final long[] counts = new long[SECONDS + 1];

  /** The current second, from 0. */
  private long latest = 0;

  RecentRate(long now) {
    begin = now;
  }

  void add(long count, long now) {
    moveTo(now);
    counts[place(latest)] += count;
  }

  /** Returns the rate over the last ten seconds, or since the beginning if that is less. */
  double perSecond(long now) {
    moveTo(now);
    long elapsed = now - begin;
    long covered = Math.min(elapsed, SECONDS * SECOND + elapsed % SECOND);
    return covered == 0 ? 0 : Arrays.stream(counts).sum() * (double) SECOND / covered;
  }

  /** Clears the seconds that have left the window. */
  private void moveTo(long now) {
    long second = (now - begin) / SECOND;
    for (long passed = Math.max(latest + 1, second - SECONDS); passed <= second; passed++) {
      counts[place(passed)] = 0;
    }
    latest = Math.max(latest, second);
  }

  private static int place(long second) {
    return (int) (second % (SECONDS + 1));
  }
}
