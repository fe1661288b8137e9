package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** One layer, three candidates, worked out by hand. */
final class SensitivityTest {
  private static final double NONE = Double.POSITIVE_INFINITY;
  private static final Offset<Double> ROUNDING = Offset.offset(1e-9);

  private static Alternative candidate(String id, double score, double memory, double latency) {
    return Alternative.of(id, score, ImmutableMap.of("memory", memory, "latency", latency));
  }

  private static SearchProblem.Builder layer() {
    return SearchProblem.builder()
        .layer(candidate("a", 0, 10, 1), candidate("b", 1, 5, 2), candidate("c", 4, 1, 3));
  }

  @Test
  void sensitivity_limitFromAbove_hasTheNextBetterAndTheNextWorse() {
    Sensitivity found =
        PuzzleSearch.create()
            .sensitivity(layer().budget(Budget.atMost("memory", 6)).build())
            .orElseThrow();
    assertThat(found.complete()).isTrue();
    assertThat(found.solution().ids()).containsExactly("b");
    assertThat(found.budgets()).hasSize(1);
    Sensitivity.Entry entry = found.budgets().get(0);
    // Between b and a, 5 units of memory buy 1 of score.
    assertThat(entry.scorePerUnit()).isCloseTo(0.2, ROUNDING);
    assertThat(entry)
        .isEqualTo(new Sensitivity.Entry("memory", 6, true, entry.scorePerUnit(), 10, 0, 5, 4));
  }

  @Test
  void sensitivity_bothEndsAndAnotherBudget_hasAnEntryForEach() {
    Sensitivity found =
        PuzzleSearch.create()
            .sensitivity(
                layer()
                    .budget(Budget.between("latency", 2, 3))
                    .budget(Budget.atMost("memory", 6))
                    .build())
            .orElseThrow();
    assertThat(found.budgets())
        .extracting(Sensitivity.Entry::cost)
        .containsExactly("latency", "latency", "memory");
    Sensitivity.Entry upper = found.budgets().get(0);
    assertThat(upper).isEqualTo(new Sensitivity.Entry("latency", 3, true, 0, NONE, 1, 2, NONE));
    // What a lower one would let in takes too much memory.
    Sensitivity.Entry lower = found.budgets().get(1);
    assertThat(lower)
        .isEqualTo(
            new Sensitivity.Entry("latency", 2, false, lower.scorePerUnit(), -NONE, 1, 2, 4));
  }

  @Test
  void sensitivity_nothingFits_isEmpty() {
    assertThat(
            PuzzleSearch.create().sensitivity(layer().budget(Budget.atMost("memory", 0.5)).build()))
        .isEmpty();
  }
}
