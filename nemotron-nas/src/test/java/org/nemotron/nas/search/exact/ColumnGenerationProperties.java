package org.nemotron.nas.search.exact;

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
import org.nemotron.nas.search.BruteForce;
import org.nemotron.nas.search.Choice;
import org.nemotron.nas.search.MediumProblems;
import org.nemotron.nas.search.PathProblems;
import org.nemotron.nas.search.SearchProblem;
import org.nemotron.nas.search.SmallProblems;

/** Strong duality: the best multipliers prove the objective of a convex combination of paths. */
final class ColumnGenerationProperties {
  private static final double PRECISION = 1e-9;
  private static final double TOLERANCE = 1e-6;

  @Provide
  Arbitrary<SearchProblem> medium() {
    // Where no convex combination satisfies the constraints, one is violated at a great penalty.
    return MediumProblems.any().filter(problem -> best(reduced(problem)).bound < 100);
  }

  @Provide
  Arbitrary<SearchProblem> small() {
    return SmallProblems.withoutRules();
  }

  private static ReducedProblem reduced(SearchProblem problem) {
    return ReducedProblem.of(PathProblems.of(problem));
  }

  private static Multipliers best(ReducedProblem reduced) {
    return ColumnGeneration.solve(
        reduced, new double[reduced.constraints.size()], Double.POSITIVE_INFINITY, PRECISION);
  }

  private static double sum(double[] lengths, int[] arcs) {
    double sum = 0;
    for (int arc : arcs) {
      sum += lengths[arc];
    }
    return sum;
  }

  private static double combined(Multipliers best, double[] lengths) {
    double sum = 0;
    for (int i = 0; i < best.weights.length; i++) {
      sum += best.weights[i] * sum(lengths, best.paths.get(i));
    }
    return sum;
  }

  @Property(tries = 40)
  void solve_feasibleProblem_endsWithAConvexCombinationWhoseObjectiveIsTheBound(
      @ForAll("medium") SearchProblem problem) {
    ReducedProblem reduced = reduced(problem);
    Multipliers best = best(reduced);
    double all = 0;
    for (double weight : best.weights) {
      assertThat(weight).isGreaterThanOrEqualTo(-TOLERANCE);
      all += weight;
    }
    assertThat(all).isCloseTo(1, within(TOLERANCE));
    for (int i = 0; i < reduced.constraints.size(); i++) {
      double limit = reduced.constraints.limits[i];
      assertThat(combined(best, reduced.constraints.coefficients[i]))
          .isLessThanOrEqualTo(limit + TOLERANCE);
    }
    assertThat(reduced.offset + combined(best, reduced.objective))
        .isCloseTo(best.bound, within(TOLERANCE));
  }

  @Property(tries = 200)
  void solve_anyProblem_provesABoundThatItsMultipliersProveAgain(
      @ForAll("small") SearchProblem problem) {
    ReducedProblem reduced = reduced(problem);
    Multipliers best = best(reduced);
    for (double multiplier : best.values) {
      assertThat(multiplier).isNotNegative();
    }
    assertThat(Multipliers.at(reduced, best.values).bound).isCloseTo(best.bound, within(TOLERANCE));
    Optional<ImmutableList<Choice>> truth = BruteForce.of(problem).best();
    truth.ifPresent(
        found ->
            assertThat(best.bound)
                .isLessThanOrEqualTo(BruteForce.score(found) * reduced.scale + TOLERANCE));
  }

  @Property(tries = 30)
  void solve_fromOtherMultipliersOrWithKnownPaths_reachesTheSameBound(
      @ForAll("medium") SearchProblem problem) {
    ReducedProblem reduced = reduced(problem);
    Multipliers best = best(reduced);
    double[] start = new double[reduced.constraints.size()];
    Arrays.fill(start, 0.7);
    Multipliers other = ColumnGeneration.solve(reduced, start, Double.POSITIVE_INFINITY, PRECISION);
    assertThat(other.bound).isCloseTo(best.bound, within(TOLERANCE));
    Multipliers known =
        ColumnGeneration.solve(
            reduced,
            start,
            List.copyOf(best.paths),
            Double.POSITIVE_INFINITY,
            PRECISION,
            Integer.MAX_VALUE);
    assertThat(known.bound).isCloseTo(best.bound, within(TOLERANCE));
  }

  @Property(tries = 30)
  void solve_lessIsEnough_stopsThere(@ForAll("medium") SearchProblem problem) {
    ReducedProblem reduced = reduced(problem);
    Multipliers best = best(reduced);
    double nothing = Multipliers.at(reduced, new double[reduced.constraints.size()]).bound;
    Assume.that(best.bound > nothing + TOLERANCE);
    double enough = (nothing + best.bound) / 2;
    Multipliers stopped =
        ColumnGeneration.solve(reduced, new double[reduced.constraints.size()], enough, PRECISION);
    assertThat(stopped.bound).isBetween(enough, best.bound + TOLERANCE);
    Multipliers lazy =
        ColumnGeneration.solve(
            reduced,
            new double[reduced.constraints.size()],
            List.of(),
            Double.POSITIVE_INFINITY,
            PRECISION,
            2);
    assertThat(lazy.bound).isBetween(nothing - TOLERANCE, best.bound + TOLERANCE);
  }
}
