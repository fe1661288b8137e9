package org.nemotron.core.eval.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class PairedComparisonTest {
  private static final Bootstrap DRAWS = new Bootstrap(2_000, 7, 0.95);

  @Test
  void of_sameFigures_preservesAll() {
    PairedItems items = items(200, 0.6, 1, 0.25);
    PairedComparison same = PairedComparison.of(items, DRAWS);
    assertThat(same.difference()).isEqualTo(new Interval(0, 0, 0));
    assertThat(same.preserved()).isEqualTo(new Preserved.Ratio(new Interval(1, 1, 1)));
    assertThat(same.mcNemar()).isEqualTo(1);
    assertThat(same.smallestDetectable()).isZero();
  }

  /** The variance of the log of the ratio is near (b + c) / ((a + b)(a + c)). */
  @Test
  void preserved_ofManyItems_hasTheIntervalOfTheDeltaMethod() {
    PairedItems items = items(4_000, 0.7, 0.9, 0);
    OutcomeTable table = OutcomeTable.of(items);
    double ratio =
        (double) (table.both() + table.childOnly()) / (table.both() + table.parentOnly());
    double error =
        Math.sqrt(
            (double) (table.parentOnly() + table.childOnly())
                / ((double) (table.both() + table.parentOnly())
                    * (table.both() + table.childOnly())));
    Interval interval = ratio(PairedComparison.of(items, DRAWS).preserved());
    assertThat(interval.value()).isCloseTo(ratio, within(1e-12));
    assertThat(Math.log(interval.high() / interval.low()))
        .isCloseTo(3.92 * error, within(0.1 * 3.92 * error));
  }

  @Test
  void difference_ofManyItems_hasTheNormalInterval() {
    PairedItems items = items(4_000, 0.7, 0.9, 0);
    PairedComparison comparison = PairedComparison.of(items, DRAWS);
    double halfWidth = comparison.smallestDetectable() / 2.8016 * 1.96;
    assertThat(comparison.difference().high() - comparison.difference().low())
        .isCloseTo(2 * halfWidth, within(0.2 * halfWidth));
  }

  @Test
  void aboveChance_parentAboveIt_isTheRatioOfWhatLiesAbove() {
    PairedItems items = items(2_000, 0.75, 0.8, 0.25);
    PairedComparison comparison = PairedComparison.of(items, DRAWS);
    assertThat(ratio(comparison.aboveChance()).value())
        .isCloseTo((comparison.child() - 0.25) / (comparison.parent() - 0.25), within(1e-12));
  }

  @Test
  void aboveChance_parentNearIt_isNotMeaningful() {
    assertThat(PairedComparison.of(items(100, 0.27, 0.9, 0.25), DRAWS).aboveChance())
        .isEqualTo(
            new Preserved.NotMeaningful("the parent is within two standard errors of chance in t"));
  }

  @Test
  void preserved_parentWithNothingRight_isNotMeaningful() {
    PairedItems items =
        new PairedItems("t", ImmutableDoubleArray.of(0, 0), ImmutableDoubleArray.of(1, 0), 0);
    assertThat(PairedComparison.of(items, DRAWS).preserved())
        .isEqualTo(new Preserved.NotMeaningful("the parent has nothing right in t"));
  }

  @Test
  void meanPreserved_twoTasks_isTheMeanOfTheirRatios() {
    PairedItems one = items(500, 0.7, 0.9, 0);
    PairedItems other = items(300, 0.6, 0.8, 0);
    double first = ratio(PairedComparison.of(one, DRAWS).preserved()).value();
    double second = ratio(PairedComparison.of(other, DRAWS).preserved()).value();
    Interval mean = ratio(PairedComparison.meanPreserved(ImmutableList.of(one, other), DRAWS));
    assertThat(mean.value()).isCloseTo((first + second) / 2, within(1e-12));
    assertThat(mean.low()).isLessThan(mean.value());
    assertThat(mean.high()).isGreaterThan(mean.value());
  }

  private static Interval ratio(Preserved preserved) {
    return ((Preserved.Ratio) preserved).interval();
  }

  /** Items of which the parent has a share right, and the child those with some probability. */
  private static PairedItems items(int count, double right, double kept, double chance) {
    Random random = new Random(5);
    ImmutableDoubleArray.Builder parent = ImmutableDoubleArray.builder();
    ImmutableDoubleArray.Builder child = ImmutableDoubleArray.builder();
    for (int i = 0; i < count; i++) {
      int outcome = i < right * count ? 1 : 0;
      parent.add(outcome);
      child.add(random.nextDouble() < kept ? outcome : 1 - outcome);
    }
    return new PairedItems("t", parent.build(), child.build(), chance);
  }
}
