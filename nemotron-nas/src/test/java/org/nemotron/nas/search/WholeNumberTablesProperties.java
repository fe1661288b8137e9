package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.time.Duration;
import java.util.Optional;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class WholeNumberTablesProperties {
  /** Thousands of times what these searches take, so that no busy machine fails them. */
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @Provide
  Arbitrary<SearchProblem> small() {
    return WholeNumberTables.small();
  }

  @Property(tries = 300)
  void whatBruteForceFindsTheSearchFindsInTimeAndProves(@ForAll("small") SearchProblem problem) {
    Optional<ImmutableList<Choice>> best = BruteForce.of(problem).best();
    SearchOutcome outcome = PuzzleSearch.builder().timeLimit(LIMIT).build().solve(problem);
    if (best.isEmpty()) {
      assertThat(outcome).isInstanceOf(SearchOutcome.Infeasible.class);
    } else {
      assertThat(outcome.orElseThrow().score()).isEqualTo(BruteForce.score(best.get()));
      assertThat(outcome.orElseThrow().gap()).isZero();
    }
  }

  @Property(tries = 100)
  void aGapIsNeverWiderThanAsked(@ForAll("small") SearchProblem problem) {
    Optional<ImmutableList<Choice>> best = BruteForce.of(problem).best();
    SearchOutcome outcome =
        PuzzleSearch.builder().relativeGap(0.2).timeLimit(LIMIT).build().solve(problem);
    assertThat(outcome instanceof SearchOutcome.Found).isEqualTo(best.isPresent());
    if (outcome instanceof SearchOutcome.Found found) {
      double optimum = BruteForce.score(best.orElseThrow());
      assertThat(found.best().bound()).isLessThanOrEqualTo(optimum);
      assertThat(found.best().score()).isLessThanOrEqualTo(optimum / 0.8 + 1e-9);
    }
  }

  /** Bounds between two whole numbers are raised to the next, which the incumbent has. */
  @Example
  void equalLayersOfRoundedCostsAreProven() {
    for (int layers : new int[] {10, 20, 50}) {
      SearchOutcome outcome =
          PuzzleSearch.builder()
              .timeLimit(LIMIT)
              .build()
              .solve(WholeNumberTables.withOneThatFits(layers));
      assertThat(outcome.orElseThrow().score()).isEqualTo(Math.ceil(5.92 * layers));
      assertThat(outcome.orElseThrow().gap()).isZero();
    }
  }
}
