package org.nemotron.runtime.metrics;

import java.time.Duration;

/**
 * Counts of times in buckets whose width grows with the time: constant memory (58 KiB), constant
 * time to record, and quantiles that are at most 1 % too large.
 *
 * <p>Below 256 ns a bucket is 1 ns wide. From there on every doubling has {@value #PER_DOUBLING}
 * buckets of equal width. Not safe for use by several threads.
 */
final class LatencyHistogram {
  private static final int PER_DOUBLING_BITS = 7;
  private static final int PER_DOUBLING = 1 << PER_DOUBLING_BITS;

  private final long[] counts = new long[(Long.SIZE - PER_DOUBLING_BITS) * PER_DOUBLING];
  private long total = 0;

  void record(long nanos) {
    counts[bucket(Math.max(0, nanos))]++;
    total++;
  }

  /** Returns the counts, the median and the 99th percentile. */
  Latency summary() {
    return new Latency(total, quantile(0.5), quantile(0.99));
  }

  /** Returns a time that at least {@code share} of the recorded times do not exceed. */
  Duration quantile(double share) {
    long wanted = (long) Math.ceil(share * total);
    long seen = 0;
    for (int bucket = 0; bucket < counts.length && wanted > 0; bucket++) {
      seen += counts[bucket];
      if (seen >= wanted) {
        return Duration.ofNanos(largest(bucket));
      }
    }
    return Duration.ZERO;
  }

  private static int bucket(long nanos) {
    int doublings =
        Math.max(0, Long.SIZE - PER_DOUBLING_BITS - 1 - Long.numberOfLeadingZeros(nanos));
    return doublings * PER_DOUBLING + (int) (nanos >>> doublings);
  }

  private static long largest(int bucket) {
    int doublings = Math.max(0, bucket / PER_DOUBLING - 1);
    long first = bucket - (long) doublings * PER_DOUBLING;
    return ((first + 1) << doublings) - 1;
  }
}
