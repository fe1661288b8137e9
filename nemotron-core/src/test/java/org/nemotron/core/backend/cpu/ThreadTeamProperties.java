package org.nemotron.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

final class ThreadTeamProperties {
  /** A thread is stopped now and then, for longer than others wait before they compute for it. */
  private static void stopAtTimes(Random random) {
    int draw = random.nextInt(10);
    if (draw == 0) {
      LockSupport.parkNanos(random.nextInt(400_000));
    }
  }

  private static long next(long[] values, int item) {
    long sum = item;
    for (long value : values) {
      sum = 31 * sum + value;
    }
    return sum;
  }

  private static long[] expected(int items, int stages) {
    long[] values = new long[items];
    for (int stage = 0; stage < stages; stage++) {
      long[] made = new long[items];
      for (int item = 0; item < items; item++) {
        made[item] = next(values, item);
      }
      values = made;
    }
    return values;
  }

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
  void threadsThatAreStoppedAtRandomChangeNothing(
      @ForAll @IntRange(min = 1, max = 5) int threads,
      @ForAll @IntRange(min = 1, max = 5) int most,
      @ForAll @IntRange(min = 1, max = 40) int items,
      @ForAll @IntRange(min = 1, max = 30) int stages,
      @ForAll boolean backed,
      @ForAll long seed) {
    long[][] values = new long[2][items];
    long[][] own = new long[threads][items];
    AtomicIntegerArray published = new AtomicIntegerArray(items);
    try (ThreadTeam team = new ThreadTeam(threads)) {
      team.run(
          most,
          worker -> {
            Random random = new Random(seed + worker.index());
            long[] mine = own[worker.index()];
            for (int stage = 0; stage < stages; stage++) {
              long[] from = values[stage % 2];
              long[] to = values[(stage + 1) % 2];
              if (backed) {
                worker.each(
                    items,
                    item -> {
                      stopAtTimes(random);
                      mine[item] = next(from, item);
                      stopAtTimes(random);
                    },
                    item -> {
                      to[item] = mine[item];
                      published.incrementAndGet(item);
                    });
              } else {
                worker.each(
                    items,
                    item -> {
                      stopAtTimes(random);
                      to[item] = next(from, item);
                      published.incrementAndGet(item);
                    });
              }
            }
          });
      assertThat(values[stages % 2]).isEqualTo(expected(items, stages));
      team.awaitHelpers();
    }
    for (int item = 0; item < items; item++) {
      assertThat(published.get(item)).isEqualTo(stages);
    }
  }
}
