package org.nemotron.nas.search.exact;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.search.Alternative;
import org.nemotron.nas.search.Budget;
import org.nemotron.nas.search.PathProblems;
import org.nemotron.nas.search.SearchProblem;

final class BranchingTest {
  private static Alternative memory(String id, double score, double memory) {
    return Alternative.of(id, score, ImmutableMap.of("memory", memory));
  }

  /**
   * Arcs: 0 alone; 1 and 2, which every convex combination decides alike; 3 and 4, of which the
   * relaxation has a half each; 5 and 6, duplicates that cost nothing.
   */
  private static ReducedProblem problem() {
    return ReducedProblem.of(
        PathProblems.of(
            SearchProblem.builder()
                .layer(memory("alone", 1, 1))
                .layer(memory("good", 0, 0), memory("bad", 9, 9))
                .layer(memory("wide", 0, 8), memory("thin", 4, 0))
                .layer(memory("free", 0, 0), memory("also free", 0, 0))
                .budget(Budget.atMost("memory", 5))
                .build()));
  }

  private static Branching branching(ReducedProblem problem) {
    double[] zero = new double[problem.constraints.size()];
    Multipliers best = ColumnGeneration.solve(problem, zero, Double.POSITIVE_INFINITY, 1e-9);
    return new Branching(problem, best, Double.POSITIVE_INFINITY);
  }

  @Test
  void part_arcTaken_isWithoutItsRivals() {
    assertThat(branching(problem()).part(3, true))
        .containsExactly(true, true, true, true, false, true, true);
    assertThat(branching(problem()).part(4, true))
        .containsExactly(true, true, true, false, true, true, true);
  }

  @Test
  void part_arcLeft_isWithoutIt() {
    assertThat(branching(problem()).part(3, false))
        .containsExactly(true, true, true, false, true, true, true);
    assertThat(branching(problem()).part(0, false))
        .containsExactly(false, true, true, true, true, true, true);
  }

  @Test
  void arc_oneLayerUndecided_isOneOfItsArcs() {
    // To take or to leave it raises the bound on both sides; of the others, on one side at most.
    assertThat(branching(problem()).arc()).isIn(3, 4);
  }
}
