package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.nemotron.nas.search.SearchOutcome.Found;

final class BaselinesProperties {
  /** Sums of a dozen numbers below ten, added in another order, agree to this. */
  private static final double ROUNDING = 1e-9;

  @Provide
  Arbitrary<SearchProblem> problems() {
    return SmallProblems.any();
  }

  @Property
  void greedyFitsAndNeverBeatsTheSearch(@ForAll("problems") SearchProblem problem) {
    assertFitsAndDoesNotWin(problem, Baselines.greedy(problem));
  }

  @Property
  void randomFitsAndNeverBeatsTheSearch(
      @ForAll("problems") SearchProblem problem, @ForAll long seed) {
    assertFitsAndDoesNotWin(problem, Baselines.random(problem, seed));
  }

  @Property
  void homogeneousFitsAndNeverBeatsTheSearch(@ForAll("problems") SearchProblem problem) {
    assertFitsAndDoesNotWin(problem, Baselines.homogeneous(problem));
  }

  @Property
  void mostParametersHasTheMostThatFits(@ForAll("problems") SearchProblem problem) {
    Optional<Solution> most = Baselines.mostParameters(problem, SmallProblems.PARAMETERS);
    BruteForce all = BruteForce.of(problem);
    double truth =
        all.architectures().stream()
            .filter(all::fits)
            .mapToDouble(choices -> all.cost(choices, SmallProblems.PARAMETERS))
            .max()
            .orElse(Double.NaN);
    double answer =
        most.map(solution -> solution.costs().getOrDefault(SmallProblems.PARAMETERS, 0.0))
            .orElse(Double.NaN);
    assertThat(Math.abs(answer - truth) < ROUNDING || (Double.isNaN(answer) && Double.isNaN(truth)))
        .isTrue();
  }

  private static void assertFitsAndDoesNotWin(SearchProblem problem, Optional<Solution> baseline) {
    baseline.ifPresent(
        solution -> {
          BruteForce all = BruteForce.of(problem);
          assertThat(all.architectures()).contains(solution.choices());
          assertThat(all.fits(solution.choices())).isTrue();
          Found found = (Found) PuzzleSearch.create().solve(problem);
          assertThat(solution.score()).isGreaterThanOrEqualTo(found.best().score() - ROUNDING);
        });
  }
}
