package org.nemotron.nas.search.exact;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nemotron.nas.search.PathProblems;
import org.nemotron.nas.search.WholeNumberTables;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;

final class ExchangeSearchTest {
  private static final int TABLES = 60;

  private static Incumbent exchanged(PathProblem paths, Deadline deadline) {
    Incumbent incumbent = new Incumbent(paths);
    ReducedProblem whole = ReducedProblem.of(paths);
    double[] zero = new double[whole.constraints.size()];
    Multipliers best = ColumnGeneration.solve(whole, zero, Double.POSITIVE_INFINITY, 1e-9);
    new ExchangeSearch(whole, best, incumbent).run(deadline);
    return incumbent;
  }

  private static Deadline never() {
    return Deadline.startingNow(Deadline.UNLIMITED, Deadline.NEVER);
  }

  @Test
  void run_whatSomeArchitectureKeeps_findsOne() {
    for (int seed = 0; seed < TABLES; seed++) {
      PathProblem paths = PathProblems.of(WholeNumberTables.large(seed));
      Incumbent incumbent = exchanged(paths, never());
      assertThat(incumbent.path()).as("seed %s", seed).isPresent();
      assertThat(paths.allows(incumbent.path().orElseThrow())).isTrue();
    }
  }

  @Test
  void run_twice_findsTheSame() {
    PathProblem paths = PathProblems.of(WholeNumberTables.large(1));
    Path once = exchanged(paths, never()).path().orElseThrow();
    assertThat(exchanged(paths, never()).path().orElseThrow()).isEqualTo(once);
  }

  @Test
  void run_cancelled_ends() {
    PathProblem paths = PathProblems.of(WholeNumberTables.large(1));
    Deadline cancelled = Deadline.startingNow(Deadline.UNLIMITED, () -> true);
    assertThat(exchanged(paths, cancelled).path()).isEmpty();
  }
}
