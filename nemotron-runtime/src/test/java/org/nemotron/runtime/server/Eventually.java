package org.nemotron.runtime.server;

import com.google.common.util.concurrent.Uninterruptibles;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;

/** Waits for what must become true, however slow the machine is. */
final class Eventually {
  private static final Duration LONGEST = Duration.ofMinutes(2);

  private Eventually() {}

  static void becomesTrue(String what, BooleanSupplier condition) {
    long begin = System.nanoTime();
    CountDownLatch never = new CountDownLatch(1);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - begin > LONGEST.toNanos()) {
        throw new AssertionError("must become true: " + what);
      }
      boolean unused = Uninterruptibles.awaitUninterruptibly(never, Duration.ofMillis(10));
    }
  }
}
