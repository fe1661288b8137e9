package org.nemotron.core.text;

import com.google.common.primitives.ImmutableIntArray;
import java.util.Arrays;
import java.util.List;

/**
 * Which of several sources each window of an endless sequence comes from: after any number of
 * windows, each has had its share, but for less than a window per source. Immutable.
 *
 * <p>Places repeat in a cycle, so that the place of a window says all: shares are rounded to parts
 * of a cycle.
 */
final class Mixture {
  private static final int CYCLE = 4096;

  private final ImmutableIntArray sources;
  private final ImmutableIntArray numbers;
  private final ImmutableIntArray perCycle;

  private Mixture(int[] sources, int[] numbers, int[] perCycle) {
    this.sources = ImmutableIntArray.copyOf(sources);
    this.numbers = ImmutableIntArray.copyOf(numbers);
    this.perCycle = ImmutableIntArray.copyOf(perCycle);
  }

  /** Returns a mixture by {@code weights}, which are positive. */
  static Mixture of(List<Double> weights) {
    int cycle = weights.size() == 1 ? 1 : Math.max(CYCLE, weights.size());
    double sum = weights.stream().mapToDouble(weight -> weight).sum();
    int[] sources = new int[cycle];
    int[] numbers = new int[cycle];
    int[] had = new int[weights.size()];
    for (int place = 0; place < cycle; place++) {
      int next = neediest(weights, sum, had, place + 1);
      sources[place] = next;
      numbers[place] = had[next]++;
    }
    return new Mixture(sources, numbers, had);
  }

  /** The source that lacks most of its share of the first {@code places}; the first of such. */
  private static int neediest(List<Double> weights, double sum, int[] had, int places) {
    double[] lacking = new double[had.length];
    Arrays.setAll(lacking, source -> weights.get(source) / sum * places - had[source]);
    int most = 0;
    for (int source = 1; source < lacking.length; source++) {
      if (lacking[source] > lacking[most]) {
        most = source;
      }
    }
    return most;
  }

  /** Returns the source of a window. */
  int source(long window) {
    return sources.get((int) (window % sources.length()));
  }

  /** Returns how many windows of the same source came before. */
  long number(long window) {
    return window / sources.length() * perCycle.get(source(window))
        + numbers.get((int) (window % sources.length()));
  }
}
