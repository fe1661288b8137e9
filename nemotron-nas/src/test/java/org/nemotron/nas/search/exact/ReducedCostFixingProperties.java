package org.nemotron.nas.search.exact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.nemotron.nas.search.MediumProblems;
import org.nemotron.nas.search.PathProblems;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.SearchProblem;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.PathProblem;

final class ReducedCostFixingProperties {
  private static final double TOLERANCE = 1e-5;
  private static final long ENOUGH = 200_000_000;

  @Provide
  Arbitrary<SearchProblem> medium() {
    return MediumProblems.any().filter(MediumProblems::isFeasible);
  }

  private static Deadline after(Duration limit) {
    return Deadline.startingNow(limit, Deadline.NEVER);
  }

  private static double scip(SearchProblem problem) {
    return PuzzleSearch.builder()
        .method(PuzzleSearch.Method.SCIP)
        .build()
        .solve(problem)
        .orElseThrow()
        .score();
  }

  @Property(tries = 5)
  void run_mediumProblem_provesWhatScipFinds(@ForAll("medium") SearchProblem problem) {
    PathProblem paths = PathProblems.of(problem);
    Incumbent incumbent = new Incumbent(paths);
    ReducedCostFixing fixing =
        new ReducedCostFixing(paths, incumbent, new Effort(ENOUGH), after(Duration.ofMinutes(5)));
    assertThat(fixing.run()).isEqualTo(Double.POSITIVE_INFINITY);
    double optimum = scip(problem);
    assertThat(incumbent.objective()).isCloseTo(optimum, within(TOLERANCE));
    // Within some percent, as the method says of problems with many layers.
    assertThat(fixing.relaxation()).isBetween(0.8 * optimum, optimum + TOLERANCE);
  }

  @Property(tries = 6)
  void run_withLittleMemory_boundsWhatItDidNotFind(@ForAll("medium") SearchProblem problem) {
    PathProblem paths = PathProblems.of(problem);
    Incumbent whole = new Incumbent(paths);
    assertThat(
            new ReducedCostFixing(paths, whole, new Effort(ENOUGH), after(Duration.ofMinutes(5)))
                .run())
        .isEqualTo(Double.POSITIVE_INFINITY);
    for (long bytes = 1000; bytes < ENOUGH; bytes *= 8) {
      Incumbent cramped = new Incumbent(paths);
      double bound =
          new ReducedCostFixing(paths, cramped, new Effort(bytes), after(Duration.ofMinutes(5)))
              .run();
      assertThat(Math.min(bound, cramped.objective()))
          .isLessThanOrEqualTo(whole.objective() + 1e-9)
          .isGreaterThan(0.8 * whole.objective());
    }
  }

  @Property(tries = 6)
  void run_withoutTime_boundsWhatItDidNotFind(@ForAll("medium") SearchProblem problem) {
    PathProblem paths = PathProblems.of(problem);
    Incumbent whole = new Incumbent(paths);
    assertThat(
            new ReducedCostFixing(paths, whole, new Effort(ENOUGH), after(Duration.ofMinutes(5)))
                .run())
        .isEqualTo(Double.POSITIVE_INFINITY);
    Incumbent hurried = new Incumbent(paths);
    double bound =
        new ReducedCostFixing(paths, hurried, new Effort(ENOUGH), after(Duration.ZERO)).run();
    assertThat(Math.min(bound, hurried.objective())).isLessThanOrEqualTo(whole.objective() + 1e-9);
    assertThat(Math.min(bound, hurried.objective())).isGreaterThan(0.8 * whole.objective());
  }
}
