package org.nemotron.nas.score;

import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nemotron.nas.library.Architecture;

/** A sum of what whole models lose, each as often as its term says. Immutable. */
record Combination(ImmutableMap<Architecture, Integer> terms) {
  /** The sum of nothing. */
  static final Combination NOTHING = new Combination(ImmutableMap.of());

  /** Returns what {@code model} loses. */
  static Combination of(Architecture model) {
    return new Combination(ImmutableMap.of(model, 1));
  }

  Combination plus(Combination other) {
    return added(other, 1);
  }

  Combination minus(Combination other) {
    return added(other, -1);
  }

  /** Terms that cancel each other are gone: such a model need not be measured. */
  private Combination added(Combination other, int sign) {
    Map<Architecture, Integer> sums = new LinkedHashMap<>(terms);
    other.terms.forEach((model, times) -> sums.merge(model, sign * times, Integer::sum));
    sums.values().removeIf(times -> times == 0);
    return new Combination(ImmutableMap.copyOf(sums));
  }
}
