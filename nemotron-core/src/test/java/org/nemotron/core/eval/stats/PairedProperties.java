package org.nemotron.core.eval.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.ImmutableDoubleArray;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Laws of the statistics of pairs. */
final class PairedProperties {
  private static final Bootstrap DRAWS = new Bootstrap(200, 3, 0.95);

  @Property(tries = 100)
  void permutingItemsChangesNoFigure(
      @ForAll("outcomes") List<Integer> outcomes, @ForAll long seed) {
    List<Integer> permuted = new ArrayList<>(outcomes);
    Collections.shuffle(permuted, new Random(seed));
    PairedComparison one = PairedComparison.of(items(outcomes), DRAWS);
    PairedComparison other = PairedComparison.of(items(permuted), DRAWS);
    assertThat(other.parent()).isEqualTo(one.parent());
    assertThat(other.child()).isEqualTo(one.child());
    assertThat(other.mcNemar()).isEqualTo(one.mcNemar());
    assertThat(other.smallestDetectable()).isCloseTo(one.smallestDetectable(), within(1e-12));
  }

  @Property(tries = 100)
  void exchangingTheModelsTurnsTheDifferenceAround(@ForAll("outcomes") List<Integer> outcomes) {
    PairedItems items = items(outcomes);
    PairedItems exchanged =
        new PairedItems("t", /* parent= */ items.child(), /* child= */ items.parent(), 0);
    Interval there = PairedComparison.of(items, DRAWS).difference();
    Interval back = PairedComparison.of(exchanged, DRAWS).difference();
    assertThat(back.value()).isEqualTo(-there.value());
    assertThat(back.low()).isCloseTo(-there.high(), within(1e-12));
    assertThat(OutcomeTable.of(exchanged).mcNemar()).isEqualTo(OutcomeTable.of(items).mcNemar());
  }

  @Property(tries = 100)
  void intervalsAreTheSameEveryTime(@ForAll("outcomes") List<Integer> outcomes) {
    PairedItems items = items(outcomes);
    assertThat(PairedComparison.of(items, DRAWS)).isEqualTo(PairedComparison.of(items, DRAWS));
  }

  @Property(tries = 200)
  void pValuesAreProbabilities(@ForAll("counts") int parentOnly, @ForAll("counts") int childOnly) {
    assertThat(new OutcomeTable(0, parentOnly, childOnly, 0).mcNemar()).isBetween(0.0, 1.0);
  }

  @Provide
  Arbitrary<Integer> counts() {
    return Arbitraries.integers().between(0, 60);
  }

  /** Each is the parent's outcome, and twice the child's. */
  @Provide
  Arbitrary<List<Integer>> outcomes() {
    return Arbitraries.integers().between(0, 3).list().ofMinSize(2).ofMaxSize(60);
  }

  private static PairedItems items(List<Integer> outcomes) {
    return new PairedItems(
        "t",
        ImmutableDoubleArray.copyOf(outcomes.stream().mapToDouble(outcome -> outcome % 2)),
        ImmutableDoubleArray.copyOf(outcomes.stream().mapToDouble(outcome -> outcome / 2)),
        0);
  }
}
