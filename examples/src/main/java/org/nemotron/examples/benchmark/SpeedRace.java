package org.nemotron.examples.benchmark;

import com.google.common.math.Quantiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Two ways to the same result, timed in turns within one run, so that other work on the machine
 * slows both alike.
 *
 * @param name what the ratios file calls it
 * @param words the way taken and its rival, for people
 * @param rounds how often each runs, after once for warming up
 */
record SpeedRace(String name, String words, int rounds, Way ours, Way rival) {
  /** One of the two. */
  interface Way {
    void run() throws IOException;
  }

  /** Returns how many times faster ours is than the rival, from the medians. */
  double ratio() throws IOException {
    ours.run();
    rival.run();
    List<Long> oursNanos = new ArrayList<>();
    List<Long> rivalNanos = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      oursNanos.add(nanos(ours));
      rivalNanos.add(nanos(rival));
    }
    return Quantiles.median().compute(rivalNanos) / Quantiles.median().compute(oursNanos);
  }

  private static long nanos(Way way) throws IOException {
    long start = System.nanoTime();
    way.run();
    return System.nanoTime() - start;
  }
}
