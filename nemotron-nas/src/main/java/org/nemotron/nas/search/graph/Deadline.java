package org.nemotron.nas.search.graph;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** The end of a computation: a moment in time, or when the caller cancels or interrupts it. */
public final class Deadline {
  /** So long that no share of it would end anything. */
  public static final Duration UNLIMITED = Duration.ofDays(365);

  /** Never cancels. Not a lambda: to link one takes a fresh virtual machine milliseconds. */
  public static final BooleanSupplier NEVER =
      new BooleanSupplier() {
        @Override
        public boolean getAsBoolean() {
          return false;
        }
      };

  private final Thread caller;
  private final long startNanos;
  private final Duration limit;
  private final BooleanSupplier cancelled;

  private Deadline(Thread caller, long startNanos, Duration limit, BooleanSupplier cancelled) {
    this.caller = caller;
    this.startNanos = startNanos;
    this.limit = limit;
    this.cancelled = cancelled;
  }

  /**
   * Returns the deadline {@code limit} from now, or as soon as {@code cancelled} is true or this
   * thread is interrupted.
   */
  public static Deadline startingNow(Duration limit, BooleanSupplier cancelled) {
    return new Deadline(Thread.currentThread(), System.nanoTime(), limit, cancelled);
  }

  /** Returns this deadline, or an earlier one that ends {@code limit} from now. */
  public Deadline atMost(Duration newLimit) {
    Duration left = left();
    Duration least = newLimit.compareTo(left) < 0 ? newLimit : left;
    return new Deadline(caller, System.nanoTime(), least, cancelled);
  }

  /** Returns this deadline, or one after an equal share of the time that is left. */
  public Deadline shared(int parts) {
    return limit.equals(UNLIMITED) ? this : atMost(left().dividedBy(Math.max(1, parts)));
  }

  /** Returns whether the time is over or the caller cancelled. */
  public boolean isPast() {
    return cancelled() || left().isZero();
  }

  /** Returns whether the caller cancelled, or was interrupted. */
  public boolean cancelled() {
    return cancelled.getAsBoolean() || caller.isInterrupted();
  }

  /** Returns the time since the start. */
  public Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  /** Returns the time that is left, zero when it is over. */
  public Duration left() {
    Duration left = limit.minus(elapsed());
    return left.isNegative() ? Duration.ZERO : left;
  }
}
