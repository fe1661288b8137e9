package org.nemotron.nas.search.exact;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.search.PathProblems;
import org.nemotron.nas.search.WholeNumberTables;
import org.nemotron.nas.search.graph.Deadline;

final class ForwardLabelingTest {
  private static final int WIDTH = 5000;
  private static final int LABELS_PER_LOOK = 256;
  private static final long ENOUGH = 200_000_000;

  private static ForwardLabeling labeling() {
    ReducedProblem problem =
        ReducedProblem.of(PathProblems.of(WholeNumberTables.withOneThatFits(20)));
    double[] zero = new double[problem.constraints.size()];
    Multipliers best = ColumnGeneration.solve(problem, zero, Double.POSITIVE_INFINITY, 1e-9);
    LabelMemory memory = new Effort(ENOUGH).memory(problem, 1, WIDTH);
    return new ForwardLabeling(problem, List.of(best), problem.ceiling(), memory, Ties.MERGED);
  }

  /** A node of many labels and arcs may take seconds: the time limit must be kept within it. */
  @Test
  void advance_manyLabels_looksAtTheDeadlineAmongThem() {
    int[] looks = {0};
    Deadline deadline =
        Deadline.startingNow(
            Deadline.UNLIMITED,
            () -> {
              looks[0]++;
              return false;
            });
    ForwardLabeling labeling = labeling();
    int expected = 0;
    for (int node = 0; node < 6; node++) {
      expected += labeling.settle() / LABELS_PER_LOOK;
      labeling.advance(deadline);
    }
    assertThat(looks[0]).isEqualTo(expected).isPositive();
  }
}
