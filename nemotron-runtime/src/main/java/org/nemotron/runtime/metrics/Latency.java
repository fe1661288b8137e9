package org.nemotron.runtime.metrics;

import static com.google.common.base.Preconditions.checkArgument;

import java.time.Duration;

/**
 * Count, median and 99th percentile of a time. Immutable.
 *
 * @param count how often it was measured; where never, the times are zero
 * @param p50 half of the times were at most this, at a resolution of 1 %
 * @param p99 99 of 100 times were at most this, at a resolution of 1 %
 */
public record Latency(long count, Duration p50, Duration p99) {
  /** Checks the ranges. */
  public Latency {
    checkArgument(count >= 0, "count (%s) must not be negative", count);
    checkArgument(p50.compareTo(p99) <= 0, "p50 (%s) must be at most p99 (%s)", p50, p99);
  }
}
