package org.nemotron.core.backend.cpu;

/**
 * How a thread waits for another: it spins, which costs the least where the other is about to end;
 * then it yields its core, to the other perhaps; then it should sleep.
 */
final class Patience {
  // Longer than threads on idle cores wait for each other within a step (under 10 µs), and than
  // what is between two steps; much shorter than the time for which the operating system gives a
  // core away (some ms).
  private static final long SPIN_NANOS = 40_000;
  private static final long WITHIN_NANOS = 120_000;
  private static final long BETWEEN_NANOS = 400_000;
  static final int SPINS_PER_LOOK = 32;

  private final long limitNanos;
  private int spins;
  private long since;

  private Patience(long limitNanos) {
    this.limitNanos = limitNanos;
  }

  /** Waits for items that others have drawn. */
  static Patience withinARun() {
    return new Patience(WITHIN_NANOS);
  }

  /** Waits for the next piece of work. */
  static Patience betweenRuns() {
    return new Patience(BETWEEN_NANOS);
  }

  /** Waits a little; returns false, at once, when it is time to sleep. */
  @SuppressWarnings("ThreadPriorityCheck") // nothing relies on it: whoever has the core goes on
  boolean remains() {
    if (spins++ % SPINS_PER_LOOK != 0) {
      Thread.onSpinWait();
      return true;
    }
    long now = System.nanoTime();
    if (spins == 1) {
      since = now;
    }
    if (now - since < SPIN_NANOS) {
      Thread.onSpinWait();
      return true;
    }
    if (now - since < limitNanos) {
      spins = SPINS_PER_LOOK; // looks at the clock each time
      Thread.yield();
      return true;
    }
    spins = SPINS_PER_LOOK;
    return false;
  }

  /** Begins anew. */
  void renew() {
    spins = 0;
  }
}
