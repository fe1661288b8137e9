package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import org.junit.jupiter.api.Test;

/** That the walk finds what there is, not only that what it finds fits. */
final class RandomWalkTest {
  private static final int SEEDS = 20;

  private static SearchProblem.Builder layers(int count) {
    SearchProblem.Builder builder = SearchProblem.builder();
    for (int layer = 0; layer < count; layer++) {
      builder.layer(
          Alternative.of("wide", 0, ImmutableMap.of("memory", 10.0)),
          Alternative.of("thin", 1, ImmutableMap.of("memory", 1.0)));
    }
    return builder;
  }

  @Test
  void random_oneArchitectureFits_isFoundByEverySeed() {
    SearchProblem least = layers(6).budget(Budget.atMost("memory", 6)).build();
    SearchProblem most = layers(6).budget(Budget.atLeast("memory", 60)).build();
    for (int seed = 0; seed < SEEDS; seed++) {
      assertThat(Baselines.random(least, seed).orElseThrow().costs()).containsEntry("memory", 6.0);
      assertThat(Baselines.random(most, seed).orElseThrow().costs()).containsEntry("memory", 60.0);
    }
  }

  @Test
  void random_severalBudgetsOfUnrelatedCosts_areMetTogether() {
    SearchProblem problem = LargeProblem.withRandomCosts(12);
    for (int seed = 0; seed < SEEDS; seed++) {
      Solution found = Baselines.random(problem, seed).orElseThrow();
      assertThat(problem.budgets())
          .allMatch(budget -> budget.allows(found.costs().getOrDefault(budget.cost(), Double.NaN)));
    }
  }

  @Test
  void random_nothingFits_isEmpty() {
    assertThat(Baselines.random(layers(3).budget(Budget.atMost("memory", 2)).build(), 1)).isEmpty();
  }

  @Test
  void random_everythingFits_differsBySeed() {
    assertThat(
            java.util.stream.LongStream.range(0, SEEDS)
                .mapToObj(seed -> Baselines.random(layers(6).build(), seed).orElseThrow().ids())
                .distinct())
        .hasSizeGreaterThan(SEEDS / 2);
  }
}
