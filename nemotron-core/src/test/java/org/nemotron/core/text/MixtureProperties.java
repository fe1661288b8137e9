package org.nemotron.core.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.nemotron.core.text.WindowOrder.Scrambled;

final class MixtureProperties {
  @Property(tries = 50, edgeCases = EdgeCasesMode.NONE)
  void everySourceHasItsShareOfTheFirstWindows(
      @ForAll @Size(min = 1, max = 5) List<@DoubleRange(min = 0.01, max = 10) Double> weights,
      @ForAll @IntRange(min = 1, max = 4096) int windows) {
    Mixture mixture = Mixture.of(weights);
    long[] had = new long[weights.size()];
    for (long window = 0; window < windows; window++) {
      int source = mixture.source(window);
      assertThat(mixture.number(window)).isEqualTo(had[source]++);
    }
    double sum = weights.stream().mapToDouble(weight -> weight).sum();
    for (int source = 0; source < had.length; source++) {
      assertThat(had[source] - weights.get(source) / sum * windows)
          .isBetween(-(double) weights.size(), (double) weights.size());
    }
  }

  @Property(tries = 30, edgeCases = EdgeCasesMode.NONE)
  void numbersOfASourceGoOnFromCycleToCycle(@ForAll @IntRange(min = 1, max = 3) int cycles) {
    Mixture mixture = Mixture.of(List.of(1.0, 2.5, 0.3));
    long[] had = new long[3];
    for (long window = 0; window < 4096L * cycles + 5; window++) {
      assertThat(mixture.number(window)).isEqualTo(had[mixture.source(window)]++);
    }
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void aScrambledOrderHasEveryNumberOnce(
      @ForAll @IntRange(min = 1, max = 5000) int count, @ForAll long seed) {
    WindowOrder order = new Scrambled(count, new SplittableRandom(seed));
    BitSet seen = new BitSet();
    for (int place = 0; place < count; place++) {
      long number = order.at(place);
      assertThat(number).isBetween(0L, count - 1L);
      seen.set((int) number);
    }
    assertThat(seen.cardinality()).isEqualTo(count);
  }
}
