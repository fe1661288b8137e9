package org.nemotron.runtime.engine;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The first moment at which the time of some request is over, in nanoseconds of {@link
 * System#nanoTime}. Safe for use by several threads.
 */
final class EarliestDeadline {
  /** Longer than any program runs, and short enough for differences of moments. */
  static final long NEVER_NANOS = 1L << 61;

  private final AtomicLong nanos = new AtomicLong(System.nanoTime() + NEVER_NANOS);

  /** Takes the deadline of a request into account, once the request can be seen. */
  void add(long deadline) {
    long unused = nanos.accumulateAndGet(deadline, (a, b) -> a - b < 0 ? a : b);
  }

  /** Returns whether it has come. */
  boolean isPast() {
    return System.nanoTime() - nanos.get() >= 0;
  }

  /** Forgets all deadlines. */
  void clear() {
    nanos.set(System.nanoTime() + NEVER_NANOS);
  }
}
