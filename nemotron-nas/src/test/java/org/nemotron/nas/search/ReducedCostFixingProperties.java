package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class ReducedCostFixingProperties {
  private static final double TOLERANCE = 1e-5;

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
    LayerGraph network = LayerGraph.of(problem);
    Incumbent incumbent = new Incumbent(network);
    ReducedCostFixing narrowing =
        new ReducedCostFixing(network, incumbent, false, after(Duration.ofMinutes(5)));
    assertThat(narrowing.run()).isEqualTo(Double.POSITIVE_INFINITY);
    double optimum = scip(problem);
    assertThat(incumbent.score()).isCloseTo(optimum, within(TOLERANCE));
    // Within some percent, as the method says of problems with many layers.
    assertThat(narrowing.relaxation()).isBetween(0.8 * optimum, optimum + TOLERANCE);
  }

  @Property(tries = 6)
  void run_strictly_provesTheSame(@ForAll("medium") SearchProblem problem) {
    LayerGraph network = LayerGraph.of(problem);
    Incumbent loose = new Incumbent(network);
    Incumbent strict = new Incumbent(network);
    assertThat(new ReducedCostFixing(network, loose, false, after(Duration.ofMinutes(5))).run())
        .isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(new ReducedCostFixing(network, strict, true, after(Duration.ofMinutes(5))).run())
        .isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(strict.score()).isCloseTo(loose.score(), within(1e-9));
  }

  @Property(tries = 6)
  void run_withoutTime_boundsWhatItDidNotFind(@ForAll("medium") SearchProblem problem) {
    LayerGraph network = LayerGraph.of(problem);
    Incumbent whole = new Incumbent(network);
    assertThat(new ReducedCostFixing(network, whole, false, after(Duration.ofMinutes(5))).run())
        .isEqualTo(Double.POSITIVE_INFINITY);
    Incumbent hurried = new Incumbent(network);
    double bound = new ReducedCostFixing(network, hurried, false, after(Duration.ZERO)).run();
    assertThat(Math.min(bound, hurried.score())).isLessThanOrEqualTo(whole.score() + 1e-9);
    assertThat(Math.min(bound, hurried.score())).isGreaterThan(0.8 * whole.score());
  }
}
