package org.nemotron.core.tensor;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Forgets a holder, a kept tensor and a scope, and ends when all three have been reported. */
final class ForgetfulProgram {
  private static final int FORGOTTEN = 3;
  private static final int MOST_COLLECTIONS = 200;

  private ForgetfulProgram() {}

  public static void main(String[] arguments) throws InterruptedException {
    Counting reports = new Counting();
    Logger logger = Logger.getLogger("org.nemotron.leaks");
    logger.addHandler(reports);
    Thread thread = new Thread(ForgetfulProgram::forgetScope, "forgetful");
    thread.start();
    thread.join();
    forgetHolder();
    forgetTensor();
    holder("closed").close();
    try (NamedTensors used = holder("used")) {
      for (int round = 0; reports.seen.get() < FORGOTTEN && round < MOST_COLLECTIONS; round++) {
        System.gc();
        Thread.sleep(20);
      }
      ImmutableList<String> open = LeakTracing.open();
      System.out.println("in use: " + open.size() + ", " + String.join("; ", open));
    }
    System.exit(reports.seen.get() == FORGOTTEN ? 0 : 1);
  }

  private static NamedTensors holder(String name) {
    try (NativeScope scope = NativeScope.open()) {
      return NamedTensors.of(ImmutableMap.of(name, Tensors.of(new float[] {1}, 1)));
    }
  }

  private static void forgetHolder() {
    NamedTensors unused = holder("forgotten");
  }

  private static void forgetTensor() {
    try (NativeScope scope = NativeScope.open()) {
      NativeScope.keep(Tensors.of(new float[] {1}, 1));
    }
  }

  private static void forgetScope() {
    NativeScope unused = NativeScope.open();
  }

  /** Counts reports. */
  private static final class Counting extends Handler {
    private final AtomicInteger seen = new AtomicInteger();

    @Override
    public void publish(LogRecord report) {
      seen.incrementAndGet();
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
