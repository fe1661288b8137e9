package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What linear programming says of the best prices: they prove what a mixture of paths reaches. */
final class ColumnGenerationProperties {
  private static final double PRECISION = 1e-9;
  private static final double TOLERANCE = 1e-6;

  @Provide
  Arbitrary<SearchProblem> medium() {
    // Where no mixture meets the rows, a row is breached at an enormous price.
    return MediumProblems.any().filter(problem -> best(core(problem)).bound < 100);
  }

  @Provide
  Arbitrary<SearchProblem> small() {
    return SmallProblems.withoutRules();
  }

  private static ReducedProblem core(SearchProblem problem) {
    return ReducedProblem.of(LayerGraph.of(problem));
  }

  private static Multipliers best(ReducedProblem core) {
    return ColumnGeneration.ascend(
        core, new double[core.rows()], Double.POSITIVE_INFINITY, PRECISION);
  }

  private static double sum(double[] lengths, int[] arcs) {
    double sum = 0;
    for (int arc : arcs) {
      sum += lengths[arc];
    }
    return sum;
  }

  private static double mixed(Multipliers dual, double[] lengths) {
    double sum = 0;
    for (int i = 0; i < dual.shares.length; i++) {
      sum += dual.shares[i] * sum(lengths, dual.mixture.get(i));
    }
    return sum;
  }

  @Property(tries = 40)
  void ascend_feasibleProblem_endsWithAMixtureThatMeetsTheRowsAtThePriceOfTheBound(
      @ForAll("medium") SearchProblem problem) {
    ReducedProblem core = core(problem);
    Multipliers dual = best(core);
    double all = 0;
    for (double share : dual.shares) {
      assertThat(share).isGreaterThanOrEqualTo(-TOLERANCE);
      all += share;
    }
    assertThat(all).isCloseTo(1, within(TOLERANCE));
    for (int row = 0; row < core.rows(); row++) {
      double limit = core.limits[row];
      assertThat(mixed(dual, core.coefficients[row])).isLessThanOrEqualTo(limit + TOLERANCE);
    }
    assertThat(core.offset + mixed(dual, core.objective)).isCloseTo(dual.bound, within(TOLERANCE));
  }

  @Property(tries = 200)
  void ascend_anyProblem_provesABoundThatItsPricesProveAgain(
      @ForAll("small") SearchProblem problem) {
    ReducedProblem core = core(problem);
    Multipliers dual = best(core);
    for (double multiplier : dual.multipliers) {
      assertThat(multiplier).isNotNegative();
    }
    assertThat(Multipliers.at(core, dual.multipliers).bound)
        .isCloseTo(dual.bound, within(TOLERANCE));
    Optional<ImmutableList<Choice>> truth = BruteForce.of(problem).best();
    truth.ifPresent(
        found ->
            assertThat(dual.bound)
                .isLessThanOrEqualTo(BruteForce.score(found) * core.scale + TOLERANCE));
  }

  @Property(tries = 30)
  void ascend_fromOtherPricesOrWithKnownPaths_reachesTheSameBound(
      @ForAll("medium") SearchProblem problem) {
    ReducedProblem core = core(problem);
    Multipliers dual = best(core);
    double[] start = new double[core.rows()];
    Arrays.fill(start, 0.7);
    Multipliers other = ColumnGeneration.ascend(core, start, Double.POSITIVE_INFINITY, PRECISION);
    assertThat(other.bound).isCloseTo(dual.bound, within(TOLERANCE));
    Multipliers known =
        ColumnGeneration.ascend(
            core,
            start,
            List.copyOf(dual.mixture),
            Double.POSITIVE_INFINITY,
            PRECISION,
            Integer.MAX_VALUE);
    assertThat(known.bound).isCloseTo(dual.bound, within(TOLERANCE));
  }

  @Property(tries = 30)
  void ascend_toldThatLessIsEnough_stopsThere(@ForAll("medium") SearchProblem problem) {
    ReducedProblem core = core(problem);
    Multipliers dual = best(core);
    double nothing = Multipliers.at(core, new double[core.rows()]).bound;
    Assume.that(dual.bound > nothing + TOLERANCE);
    double enough = (nothing + dual.bound) / 2;
    Multipliers stopped = ColumnGeneration.ascend(core, new double[core.rows()], enough, PRECISION);
    assertThat(stopped.bound).isBetween(enough, dual.bound + TOLERANCE);
    Multipliers lazy =
        ColumnGeneration.ascend(
            core, new double[core.rows()], List.of(), Double.POSITIVE_INFINITY, PRECISION, 2);
    assertThat(lazy.bound).isBetween(nothing - TOLERANCE, dual.bound + TOLERANCE);
  }
}
