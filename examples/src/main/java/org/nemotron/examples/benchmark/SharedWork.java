package org.nemotron.examples.benchmark;

import java.util.Locale;
import java.util.function.Supplier;
import org.nemotron.core.distributed.Communicator;

/** What a benchmark needs to know of the ranks that do its work together. */
record SharedWork(Communicator ranks) {
  /** The work of one process. */
  static final SharedWork ALONE = new SharedWork(Communicator.alone());

  boolean isShared() {
    return ranks.size() > 1;
  }

  /** Prints a line, on rank 0. */
  void say(String format, Object... values) {
    if (ranks.rank() == 0) {
      System.out.println(String.format(Locale.ROOT, format, values));
    }
  }

  /** What came of work, and the seconds from its first rank's start to its last one's end. */
  record Timed<T>(T result, double seconds) {}

  /** Does {@code work} on all ranks at the same time. */
  <T> Timed<T> timed(String what, Supplier<T> work) {
    ranks.barrier("the start of " + what);
    long start = System.nanoTime();
    T result = work.get();
    ranks.barrier("the end of " + what);
    return new Timed<>(result, (System.nanoTime() - start) / 1e9);
  }
}
