package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.SolveListener;
import org.nemotron.nas.search.graph.Solver;
import org.nemotron.nas.search.graph.SolverAnswer;

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

  /** Answers the first question, and then runs out of time. */
  private static final class Exhausted implements Solver {
    private int asked;

    @Override
    public SolverAnswer solve(PathProblem problem, Deadline deadline, SolveListener listener) {
      return asked++ == 0 ? new SolverAnswer.Best(Path.of(1), 1) : new SolverAnswer.Stopped(0);
    }
  }

  @Test
  void analyze_nothingIsProven_saysNotKnownRatherThanNone() {
    SearchProblem problem = layer().budget(Budget.atMost("memory", 6)).build();
    Deadline deadline = Deadline.startingNow(Deadline.UNLIMITED, Deadline.NEVER);
    Sensitivity found =
        new SensitivityAnalysis(problem, new Exhausted(), deadline).analyze().orElseThrow();
    assertThat(found.complete()).isFalse();
    Sensitivity.Entry entry = found.budgets().get(0);
    assertThat(entry.betterLimit()).isNaN();
    assertThat(entry.betterScore()).isNaN();
    assertThat(entry.worseLimit()).isEqualTo(5);
    assertThat(entry.worseScore()).isNaN();
  }
}
