package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import org.junit.jupiter.api.Test;

final class BranchingTest {
  private static Alternative memory(String id, double score, double memory) {
    return Alternative.of(id, score, ImmutableMap.of("memory", memory));
  }

  /**
   * Arcs: 0 alone; 1 and 2, which every mixture decides alike; 3 and 4, of which the best prices
   * mix a half each; 5 and 6, twins that cost nothing.
   */
  private static ReducedProblem core() {
    return ReducedProblem.of(
        LayerGraph.of(
            SearchProblem.builder()
                .layer(memory("alone", 1, 1))
                .layer(memory("good", 0, 0), memory("bad", 9, 9))
                .layer(memory("wide", 0, 8), memory("thin", 4, 0))
                .layer(memory("free", 0, 0), memory("also free", 0, 0))
                .budget(Budget.atMost("memory", 5))
                .build()));
  }

  private static Branching branching(ReducedProblem core) {
    Multipliers dual =
        ColumnGeneration.ascend(core, new double[core.rows()], Double.POSITIVE_INFINITY, 1e-9);
    return new Branching(core, dual, Double.POSITIVE_INFINITY);
  }

  @Test
  void part_arcTaken_isWithoutItsRivals() {
    assertThat(branching(core()).part(3, true))
        .containsExactly(true, true, true, true, false, true, true);
    assertThat(branching(core()).part(4, true))
        .containsExactly(true, true, true, false, true, true, true);
  }

  @Test
  void part_arcLeft_isWithoutIt() {
    assertThat(branching(core()).part(3, false))
        .containsExactly(true, true, true, false, true, true, true);
    assertThat(branching(core()).part(0, false))
        .containsExactly(false, true, true, true, true, true, true);
  }

  @Test
  void arc_oneLayerUndecided_isOneOfItsArcs() {
    // To take or to leave it raises the bound on both sides; of the others, on one side at most.
    assertThat(branching(core()).arc()).isIn(3, 4);
  }
}
