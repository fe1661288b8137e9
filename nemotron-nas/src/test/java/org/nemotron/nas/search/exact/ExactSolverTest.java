package org.nemotron.nas.search.exact;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.search.PathProblems;
import org.nemotron.nas.search.WholeNumberTables;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.SolveListener;
import org.nemotron.nas.search.graph.SolverAnswer;

final class ExactSolverTest {
  private static final int LAYERS = 10;
  private static final int ALTERNATIVES = 101;

  @Test
  void solveFrom_noTimeLeft_answersWithTheKnownPathAndABound() {
    PathProblem problem = PathProblems.of(WholeNumberTables.withOneThatFits(LAYERS));
    int[] lastOfEachLayer = new int[LAYERS];
    for (int layer = 0; layer < LAYERS; layer++) {
      lastOfEachLayer[layer] = layer * ALTERNATIVES + ALTERNATIVES - 1;
    }
    Path known = Path.of(lastOfEachLayer);
    Deadline over = Deadline.startingNow(Duration.ZERO, Deadline.NEVER);
    // The relaxation is 59.2, and between two whole numbers there is no score.
    assertThat(
            ((SolverAnswer.Best)
                new ExactSolver().solveFrom(List.of(known), problem, over, SolveListener.SILENT)))
        .satisfies(best -> assertThat(best.path()).isEqualTo(known))
        .satisfies(best -> assertThat(best.bound()).isGreaterThan(59.9).isLessThanOrEqualTo(60));
  }
}
