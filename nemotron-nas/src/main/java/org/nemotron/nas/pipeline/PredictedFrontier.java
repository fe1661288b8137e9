package org.nemotron.nas.pipeline;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Cancellation;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.report.RunSummary.FrontierPoint;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.search.Budget;
import org.nemotron.nas.search.Frontier;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.Solution;

/** The efficient frontier between speed and quality, by costs and scores alone. */
final class PredictedFrontier {
  private static final int POINTS = 24;

  // Beyond this, nothing is left of a small parent that would be worth showing.
  private static final double MOST_SPEEDUP = 3;

  private PredictedFrontier() {}

  /**
   * Returns the frontier for the batch size of {@code table}.
   *
   * @param parentAccuracy from which the scores' drops are taken
   */
  static ImmutableList<FrontierPoint> of(
      RunContext run, ScoredLibrary library, CostTable table, double parentAccuracy) {
    ModelSpec parent = run.inputs().parent().spec();
    ArchitectureProblem problem =
        new ArchitectureProblem(parent, library.scores(), table, run.plan().scoring().metric());
    double fastest = table.latency(parent).scenarioNanos(table.scenario()) / MOST_SPEEDUP;
    Frontier found =
        PuzzleSearch.builder()
            .cancelledWhen(Cancellation.condition())
            .build()
            .frontier(
                problem.within(ImmutableList.of(Budget.atLeast(CostTable.LATENCY_NANOS, fastest))),
                CostTable.LATENCY_NANOS,
                POINTS);
    Cancellation.check();
    ImmutableList.Builder<FrontierPoint> points = ImmutableList.builder();
    for (Frontier.Point point : found.points()) {
      Solution solution = point.solution();
      Score score = library.scores().score(parent, problem.architecture(solution));
      double nanos = verifyNotNull(solution.costs().get(CostTable.LATENCY_NANOS));
      points.add(
          new FrontierPoint(
              table.scenario().tokensPerSecond(nanos),
              score.klNats(),
              Math.max(0, parentAccuracy - score.accuracyDrop())));
    }
    return points.build();
  }
}
