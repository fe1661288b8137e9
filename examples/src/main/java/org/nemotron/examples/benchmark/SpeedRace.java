package org.nemotron.examples.benchmark;

import com.google.common.math.Quantiles;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Two ways to the same result, run in turns within one process, so that other work on the machine
 * slows both alike.
 *
 * @param name what the ratios file calls it
 * @param words the way taken and its rival, for people
 * @param rounds how often each runs, after some for warming up
 */
record SpeedRace(String name, String words, int rounds, Way ours, Way rival) {
  /** How long a way runs before it is timed: short ones are compiled meanwhile. */
  private static final Duration WARM_UP = Duration.ofSeconds(1);

  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  /** One of the two. */
  interface Way {
    void run() throws IOException;
  }

  /**
   * How many times faster ours was than the rival.
   *
   * @param byClock from the medians of the rounds' times, which other work on the machine lengthens
   * @param byWork from the processor time of all threads and rounds, which it hardly changes
   */
  record Result(double byClock, double byWork) {
    /** Returns whether either reaches {@code least}: a busy machine alone loses no race. */
    boolean reaches(double least) {
      return Math.max(byClock, byWork) >= least;
    }
  }

  /** Runs the race. */
  Result run() throws IOException {
    warmUp(ours);
    warmUp(rival);
    Laps oursLaps = new Laps();
    Laps rivalLaps = new Laps();
    for (int round = 0; round < rounds; round++) {
      oursLaps.add(ours);
      rivalLaps.add(rival);
    }
    return new Result(
        rivalLaps.medianNanos() / oursLaps.medianNanos(),
        rivalLaps.workNanos() / oursLaps.workNanos());
  }

  private static void warmUp(Way way) throws IOException {
    long start = System.nanoTime();
    do {
      way.run();
    } while (System.nanoTime() - start < WARM_UP.toNanos());
  }

  /** The rounds of one way. */
  private static final class Laps {
    /** What the operating system counts processor time in. */
    private static final double TICK_NANOS = 1e7;

    private final List<Long> nanos = new ArrayList<>();
    private long workNanos;

    void add(Way way) throws IOException {
      long work = PROCESS.getProcessCpuTime();
      long start = System.nanoTime();
      way.run();
      nanos.add(System.nanoTime() - start);
      workNanos += PROCESS.getProcessCpuTime() - work;
    }

    double medianNanos() {
      return Quantiles.median().compute(nanos);
    }

    double workNanos() {
      return Math.max(workNanos, TICK_NANOS);
    }
  }
}
