package org.nemotron.nas.search.exact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.nemotron.nas.search.BruteForce;
import org.nemotron.nas.search.Choice;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.SearchOutcome;
import org.nemotron.nas.search.SearchOutcome.Found;
import org.nemotron.nas.search.SearchOutcome.Infeasible;
import org.nemotron.nas.search.SearchProblem;
import org.nemotron.nas.search.SmallProblems;

final class ScipSolverProperties {
  /** SCIP stops when bound and score agree to a billionth of their size, or nearly so. */
  private static final double TOLERANCE = 1e-5;

  @Provide
  Arbitrary<SearchProblem> problems() {
    return SmallProblems.any();
  }

  private static SearchOutcome solve(SearchProblem problem, double gap) {
    return PuzzleSearch.builder()
        .method(PuzzleSearch.Method.SCIP)
        .relativeGap(gap)
        .build()
        .solve(problem);
  }

  @Property(tries = 30)
  void scipFindsWhatBruteForceFinds(@ForAll("problems") SearchProblem problem) {
    Optional<ImmutableList<Choice>> truth = BruteForce.of(problem).best();
    SearchOutcome outcome = solve(problem, 0);
    if (truth.isEmpty()) {
      assertThat(outcome).isInstanceOf(Infeasible.class);
    } else {
      assertThat(((Found) outcome).best().score())
          .isCloseTo(BruteForce.score(truth.get()), within(TOLERANCE));
    }
  }

  @Property(tries = 15)
  void scipHoldsTheOptimumBetweenBoundAndScore(@ForAll("problems") SearchProblem problem) {
    if (solve(problem, 0.3) instanceof Found found) {
      double optimum = BruteForce.of(problem).best().map(BruteForce::score).orElseThrow();
      assertThat(found.best().bound()).isLessThanOrEqualTo(optimum + TOLERANCE);
      assertThat(found.best().score()).isGreaterThanOrEqualTo(optimum - TOLERANCE);
      assertThat(found.best().bound())
          .isGreaterThanOrEqualTo(optimum - 0.5 * Math.abs(optimum) - TOLERANCE);
    }
  }
}
