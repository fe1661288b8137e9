package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.search.SearchOutcome.Ending;
import org.nemotron.nas.search.SearchOutcome.Found;
import org.nemotron.nas.search.SearchOutcome.Infeasible;
import org.nemotron.nas.search.exact.ExactSolver;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.FreshSeries;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.Series;
import org.nemotron.nas.search.graph.SolveListener;
import org.nemotron.nas.search.graph.SolverAnswer;

final class PuzzleSearchTest {
  /** SCIP stops when bound and score agree to a billionth. */
  private static final double SCIP_PERCENT = 1e-4;

  private static Alternative candidate(String id, double score, double memory, double latency) {
    return Alternative.of(id, score, ImmutableMap.of("memory", memory, "latency", latency));
  }

  /** Two layers, each with something large and quick, something small and slow, and nothing. */
  private static SearchProblem.Builder twoLayers() {
    return SearchProblem.builder()
        .layer(candidate("wide", 0, 10, 1), candidate("thin", 1, 1, 10))
        .layer(candidate("wide", 0, 10, 1), candidate("thin", 1, 1, 10));
  }

  @Test
  void solve_limitOneRoundingBelowTheBest_findsTheNextBest() {
    double total =
        DoubleStream.of(9.0, 3.633213868427073, 7.896638452647492)
            .mapToObj(BigDecimal::new)
            .reduce(BigDecimal.ZERO, BigDecimal::add)
            .doubleValue();
    SearchProblem problem =
        SearchProblem.builder()
            .layer(Alternative.of("only", 1.4, Map.of("memory", 3.633213868427073)))
            .layer(
                Alternative.of("large", 0.1, Map.of("memory", 7.896638452647492)),
                Alternative.of("small", 4.8, Map.of("memory", 4.6031926868817)))
            .fixedCosts(Map.of("memory", 9.0))
            .budget(Budget.atMost("memory", Math.nextDown(total)))
            .build();
    Found found = (Found) PuzzleSearch.create().solve(problem);
    assertThat(found.best().ids()).containsExactly("only", "small");
  }

  @Test
  void solve_twoBudgetsClashOnlyTogether_namesBothAndTheirRepairs() {
    SearchProblem problem =
        twoLayers().budget(Budget.atMost("memory", 5)).budget(Budget.atMost("latency", 5)).build();
    Infeasible infeasible = (Infeasible) PuzzleSearch.create().solve(problem);
    AskedLimit memory = new AskedLimit("memory", false, true, 5);
    AskedLimit latency = new AskedLimit("latency", false, true, 5);
    assertThat(infeasible.clash()).containsExactly(memory, latency);
    assertThat(infeasible.nearest()).isEqualTo(20);
    assertThat(infeasible.repairs())
        .containsExactlyInAnyOrderEntriesOf(Map.of(memory, 20.0, latency, 20.0));
  }

  @Test
  void solve_bothEndsOfOneCostClash_namesTheEnds() {
    SearchProblem problem =
        twoLayers().budget(Budget.atLeast("memory", 15)).budget(Budget.atMost("memory", 5)).build();
    Infeasible infeasible = (Infeasible) PuzzleSearch.create().solve(problem);
    AskedLimit low = new AskedLimit("memory", false, false, 15);
    AskedLimit high = new AskedLimit("memory", false, true, 5);
    assertThat(infeasible.clash()).containsExactly(low, high);
    assertThat(infeasible.repairs())
        .containsExactlyInAnyOrderEntriesOf(Map.of(low, 2.0, high, 20.0));
    assertThat(infeasible.pins()).isEmpty();
  }

  @Test
  void solve_forcedCandidateIsTheCause_isNamed() {
    SearchProblem problem =
        twoLayers()
            .budget(Budget.atMost("memory", 5))
            .rule(Rule.forbid(0, "wide"))
            .rule(Rule.force(1, "wide"))
            .build();
    Infeasible infeasible = (Infeasible) PuzzleSearch.create().solve(problem);
    assertThat(infeasible.clash()).containsExactly(new AskedLimit("memory", false, true, 5));
    assertThat(infeasible.pins()).containsExactly(new Rule.Force(1, "wide"));
    assertThat(infeasible.sentence())
        .isEqualTo(
            "memory at most 5 cannot be met: the least that an architecture can have is 11, given"
                + " candidate wide forced in layer 1");
  }

  @Test
  void solve_pinsAreNotTheCause_namesNone() {
    SearchProblem problem =
        twoLayers().budget(Budget.atMost("memory", 1)).rule(Rule.force(1, "wide")).build();
    assertThat(((Infeasible) PuzzleSearch.create().solve(problem)).pins()).isEmpty();
  }

  @Test
  void solve_oneBudgetTooTight_namesItsLeastValue() {
    SearchProblem problem =
        twoLayers()
            .fixedCosts(Map.of("memory", 7.0))
            .budget(Budget.atMost("latency", 100))
            .budget(Budget.atMost("memory", 8))
            .build();
    Infeasible infeasible = (Infeasible) PuzzleSearch.create().solve(problem);
    assertThat(infeasible.clash()).containsExactly(new AskedLimit("memory", false, true, 8));
    assertThat(infeasible.nearest()).isEqualTo(9);
  }

  @Test
  void solve_moreSolutionsThanThereAre_endsExhausted() {
    SearchProblem problem = twoLayers().solutions(9).build();
    Found found = (Found) PuzzleSearch.create().solve(problem);
    assertThat(found.solutions()).hasSize(4);
    assertThat(found.ending()).isEqualTo(Ending.EXHAUSTED);
  }

  @Test
  void solve_cancelledBeforeAnything_isToldApartFromATimeLimit() {
    PuzzleSearch search = PuzzleSearch.builder().cancelledWhen(() -> true).build();
    assertThat(search.solve(twoLayers().budget(Budget.atMost("memory", 12)).build()))
        .isInstanceOf(SearchOutcome.Cancelled.class);
  }

  @Test
  void solve_interrupted_isCancelledAndKeepsTheFlag() {
    SearchProblem problem = LargeProblem.withRandomCosts(40).toBuilder().solutions(50).build();
    PuzzleSearch search =
        PuzzleSearch.builder().listener(progress -> Thread.currentThread().interrupt()).build();
    try {
      Found found = (Found) search.solve(problem);
      assertThat(found.ending()).isEqualTo(Ending.CANCELLED);
      assertThat(found.solutions()).hasSize(1);
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
      assertThat(search.solve(problem)).isInstanceOf(SearchOutcome.Cancelled.class);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void solve_cancelledAfterTheFirstSolution_keepsIt() {
    int[] heard = {0};
    PuzzleSearch search =
        PuzzleSearch.builder()
            .listener(progress -> heard[0] = progress.done())
            .cancelledWhen(() -> heard[0] > 0)
            .build();
    Found found = (Found) search.solve(twoLayers().solutions(3).build());
    assertThat(found.solutions()).hasSize(1);
    assertThat(found.ending()).isEqualTo(Ending.CANCELLED);
  }

  @Test
  void solve_timeLimit_keepsToItAndBoundsWhatItFound() {
    PuzzleSearch search = PuzzleSearch.builder().timeLimit(Duration.ofNanos(1)).build();
    SearchOutcome outcome = search.solve(twoLayers().budget(Budget.atMost("memory", 12)).build());
    assertThat(outcome).isInstanceOf(SearchOutcome.OutOfTime.class);
    assertThat(((SearchOutcome.OutOfTime) outcome).bound()).isLessThanOrEqualTo(1);
  }

  @Test
  void solve_cancelledOnTheWay_boundsTheOptimumWithWhatItHas() {
    SearchProblem problem = LargeProblem.withRandomCosts(40);
    double optimum = PuzzleSearch.create().solve(problem).orElseThrow().score();
    int unproven = 0;
    for (int polls = 1; polls < 100_000; polls = 1 + polls * 5 / 4) {
      int[] left = {polls};
      PuzzleSearch search = PuzzleSearch.builder().cancelledWhen(() -> left[0]-- <= 0).build();
      if (search.solve(problem) instanceof Found found && found.ending() == Ending.CANCELLED) {
        assertThat(found.best().bound()).isLessThanOrEqualTo(optimum);
        assertThat(found.best().score()).isGreaterThanOrEqualTo(optimum);
        unproven += found.best().gap() > 0 ? 1 : 0;
      }
    }
    assertThat(unproven).isPositive();
  }

  @Test
  void relativeGap_oneInAHundred_boundsTheOptimumWithinIt() {
    SearchProblem problem =
        LargeProblem.withRandomCosts(40).toBuilder().solutions(3).minDifferentLayers(4).build();
    Found exact = (Found) PuzzleSearch.create().solve(problem);
    Found near = (Found) PuzzleSearch.builder().relativeGap(0.01).build().solve(problem);
    assertThat(near.ending()).isEqualTo(Ending.COMPLETE);
    assertThat(near.solutions()).hasSize(3).allMatch(solution -> solution.gap() <= 0.01);
    assertThat(near.solutions()).anyMatch(solution -> solution.gap() > 0);
    assertThat(near.best().bound()).isLessThanOrEqualTo(exact.best().score());
    assertThat(near.best().score()).isGreaterThanOrEqualTo(exact.best().score());
  }

  @Test
  void relativeGap_frontier_isCompleteWithinIt() {
    SearchProblem problem = LargeProblem.withRandomCosts(20);
    Frontier near = PuzzleSearch.builder().relativeGap(0.05).build().frontier(problem, "a", 5);
    assertThat(near.complete()).isTrue();
    assertThat(near.points()).hasSize(5).allMatch(point -> point.solution().gap() <= 0.05);
  }

  @Test
  void relativeGap_negative_isRefused() {
    assertThatThrownBy(() -> PuzzleSearch.builder().relativeGap(-0.1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("relativeGap (-0.1) must be from 0 to less than 1");
  }

  @Test
  void solve_moreLayersApartThanThereAre_endsExhaustedAfterTheBest() {
    SearchProblem problem = twoLayers().solutions(3).minDifferentLayers(16).build();
    Found found = (Found) PuzzleSearch.create().solve(problem);
    assertThat(found.solutions()).hasSize(1);
    assertThat(found.ending()).isEqualTo(Ending.EXHAUSTED);
  }

  @Test
  void solve_coveringCandidateIsBest_standsOnceAndCoversBoth() {
    SearchProblem problem =
        SearchProblem.builder()
            .layer(candidate("a", 1, 1, 1), candidate("both", 0.5, 1, 1).covering(2))
            .layer(candidate("a", 1, 1, 1))
            .build();
    Solution best = ((Found) PuzzleSearch.create().solve(problem)).best();
    assertThat(best.ids()).containsExactly("both");
    assertThat(best.costs()).containsEntry("memory", 1.0);
  }

  @Test
  void breakTies_equalScores_takesTheCheapest() {
    SearchProblem problem =
        SearchProblem.builder()
            .layer(candidate("dear", 1, 5, 1), candidate("cheap", 1, 2, 1))
            .build();
    PuzzleSearch search = PuzzleSearch.builder().breakTies(new TieBreak("memory", 0)).build();
    assertThat(((Found) search.solve(problem)).best().ids()).containsExactly("cheap");
  }

  @Test
  void breakTies_withinTheStandardError_takesTheCheapestAndShowsWhatItGaveUp() {
    SearchProblem problem =
        SearchProblem.builder()
            .layer(
                candidate("dear", 1, 5, 1).withStandardError(0.2),
                candidate("cheap", 1.1, 2, 1),
                candidate("poor", 1.5, 1, 1))
            .build();
    PuzzleSearch search = PuzzleSearch.builder().breakTies(new TieBreak("memory", 1)).build();
    Solution best = ((Found) search.solve(problem)).best();
    assertThat(best.ids()).containsExactly("cheap");
    assertThat(best.bound()).isEqualTo(1);
  }

  @Test
  void breakTies_unknownCost_namesTheKnownOnes() {
    PuzzleSearch search = PuzzleSearch.builder().breakTies(new TieBreak("weight", 0)).build();
    assertThatThrownBy(() -> search.solve(twoLayers().build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cost weight must be one of the candidates' costs [memory, latency]");
  }

  @Test
  void confidence_noisyLayerIsShared_cancels() {
    SearchProblem problem =
        SearchProblem.builder()
            .layer(candidate("noisy", 3, 1, 1).withStandardError(10))
            .layer(
                candidate("a", 1, 1, 1).withStandardError(0.3),
                candidate("b", 1.5, 1, 1).withStandardError(0.4))
            .build();
    Confidence confidence = PuzzleSearch.create().confidence(problem).orElseThrow();
    assertThat(confidence.probability()).isCloseTo(0.8413447460685429, precision());
  }

  @Test
  void confidence_onlyOneFits_isEmpty() {
    SearchProblem problem = SearchProblem.builder().layer(candidate("a", 1, 1, 1)).build();
    assertThat(PuzzleSearch.create().confidence(problem)).isEmpty();
  }

  @Test
  void confidence_leadOfOneStandardError_is84Percent() {
    SearchProblem problem =
        SearchProblem.builder()
            .layer(
                candidate("a", 1, 1, 1).withStandardError(0.3),
                candidate("b", 1.5, 1, 1).withStandardError(0.4))
            .build();
    Confidence confidence = PuzzleSearch.create().confidence(problem).orElseThrow();
    assertThat(confidence.probability()).isCloseTo(0.8413447460685429, precision());
  }

  private static Offset<Double> precision() {
    return Offset.offset(1e-14);
  }

  @Test
  void solveBatches_largerBatchCostsMore_keepsWhatIsAskedFor() {
    SearchProblem one = twoLayers().budget(Budget.atMost("memory", 20)).build();
    SearchProblem eight = twoLayers().budget(Budget.atMost("memory", 11)).build();
    Batches batches = PuzzleSearch.create().solveBatches(Map.of(1, one, 8, eight));
    assertThat(batches.leastScore().orElseThrow().batch()).isEqualTo(1);
    assertThat(batches.mostThroughput("latency").orElseThrow().batch()).isEqualTo(8);
    assertThat(batches.mostThroughputPerScore("latency").orElseThrow().batch()).isEqualTo(1);
  }

  @Test
  void mostThroughput_unknownCost_namesTheKnownOnes() {
    Batches batches = PuzzleSearch.create().solveBatches(Map.of(1, twoLayers().build()));
    assertThatThrownBy(() -> batches.mostThroughput("time"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cost time must be one of the costs [memory, latency]");
  }

  @Test
  void leastScore_nothingFitsAtAnyBatchSize_isEmpty() {
    SearchProblem none = twoLayers().budget(Budget.atMost("memory", 1)).build();
    assertThat(PuzzleSearch.create().solveBatches(Map.of(1, none)).leastScore()).isEmpty();
  }

  @Test
  void frontier_progress_isHeardAtEveryPoint() {
    List<Integer> heard = new ArrayList<>();
    PuzzleSearch search =
        PuzzleSearch.builder().listener(progress -> heard.add(progress.done())).build();
    assertThat(search.frontier(twoLayers().build(), "memory", 3).points()).hasSize(3);
    assertThat(heard).containsExactly(1, 2, 3);
  }

  /** A table on which the least value of a range was looked for without end. */
  @Test
  @Tag("slow")
  void frontier_rangeAmongDenseSums_ends() {
    SearchProblem loose = LargeProblem.withRandomCosts(20);
    double most = 0.35 * 20;
    SearchProblem problem =
        loose.toBuilder()
            .budgets(List.of(Budget.between("a", 0.9 * most, most), Budget.atMost("b", most)))
            .build();
    Frontier frontier = PuzzleSearch.create().frontier(problem, "a", 3);
    assertThat(frontier.complete()).isTrue();
    assertThat(frontier.points()).hasSize(3);
  }

  @Test
  void frontier_cancelledAfterTheFirstPoint_keepsItAndIsNotComplete() {
    int[] heard = {0};
    PuzzleSearch search =
        PuzzleSearch.builder()
            .listener(progress -> heard[0] = progress.done())
            .cancelledWhen(() -> heard[0] > 0)
            .build();
    Frontier frontier = search.frontier(twoLayers().build(), "memory", 3);
    assertThat(frontier.points()).hasSize(1);
    assertThat(frontier.complete()).isFalse();
  }

  @Test
  void grid_cancelled_isNotComplete() {
    int[] heard = {0};
    PuzzleSearch search =
        PuzzleSearch.builder()
            .listener(progress -> heard[0] = progress.done())
            .cancelledWhen(() -> heard[0] > 1)
            .build();
    FrontierGrid grid = search.grid(twoLayers().build(), "memory", 2, "latency", 2);
    assertThat(grid.complete()).isFalse();
  }

  @Test
  void grid_twoCosts_leavesOutWhatNothingMeets() {
    FrontierGrid grid = PuzzleSearch.create().grid(twoLayers().build(), "memory", 2, "latency", 2);
    assertThat(grid.complete()).isTrue();
    assertThat(grid.cells())
        .extracting(FrontierGrid.Cell::limit, cell -> cell.solution().score())
        .containsExactly(tuple(20.0, 0.0), tuple(20.0, 0.0));
  }

  /** A seed that failed once: what all architectures share is better than nothing, so negative. */
  @Test
  void solve_sharedScoreIsNegative_findsEverySolution() {
    SearchProblem problem =
        SearchProblem.builder()
            .layer(candidate("slow", 0.07, 1, 24), candidate("quick", 0.37, 5, 1))
            .layer(candidate("one", -0.44, 1, 1), candidate("same", -0.44, 1, 1))
            .layer(candidate("only", -0.48, 1, 1))
            .layer(candidate("only", -0.37, 1, 1))
            .budget(Budget.atMost("latency", 10))
            .solutions(4)
            .build();
    Found found = (Found) PuzzleSearch.create().solve(problem);
    assertThat(found.ending()).isEqualTo(Ending.EXHAUSTED);
    assertThat(found.solutions())
        .extracting(Solution::ids)
        .containsExactlyInAnyOrder(
            ImmutableList.of("quick", "one", "only", "only"),
            ImmutableList.of("quick", "same", "only", "only"));
  }

  @Test
  void solve_oneCandidateOfEnormousScore_stillDistinguishesTheOthers() {
    SearchProblem problem =
        SearchProblem.builder()
            .layer(candidate("worse", 1.001, 2, 1), candidate("wild", 1e16, 1, 1))
            .layer(candidate("b", 1.0, 3, 1), candidate("better", 0.999, 4, 1))
            .layer(candidate("a", 0.5, 1, 1), candidate("b", 0.5004, 1, 1))
            .build();
    Found found = (Found) PuzzleSearch.create().solve(problem);
    assertThat(found.best().ids()).containsExactly("worse", "better", "a");
  }

  /** A table that failed once: SCIP was handed scores too small for its tolerances. */
  @Test
  void methodScip_tinyScores_provesTheSameOptimum() {
    SearchProblem problem = LargeProblem.withRepeatedCosts(12);
    List<List<Alternative>> tiny = new ArrayList<>();
    problem.layers().forEach(layer -> tiny.add(scaled(layer, 1e-9)));
    SearchProblem scaled = SearchProblem.builder().layers(tiny).budgets(problem.budgets()).build();
    PuzzleSearch scip = PuzzleSearch.builder().method(PuzzleSearch.Method.SCIP).build();
    double optimum = PuzzleSearch.create().solve(scaled).orElseThrow().score();
    assertThat(scip.solve(scaled).orElseThrow().score())
        .isCloseTo(optimum, withinPercentage(SCIP_PERCENT));
  }

  private static List<Alternative> scaled(List<Alternative> layer, double factor) {
    return layer.stream().map(a -> a.withScore(a.score() * factor)).toList();
  }

  @Test
  void series_tableOfA70BillionModel_isDiverseInOrderAndProven() {
    SearchProblem problem =
        LargeProblem.withRepeatedCosts(40).toBuilder().solutions(6).minDifferentLayers(5).build();
    Found found = (Found) PuzzleSearch.create().solve(problem);
    assertThat(found.solutions()).hasSize(6).allMatch(solution -> solution.gap() == 0);
    assertThat(found.solutions()).extracting(Solution::score).isSorted();
    for (int i = 1; i < 6; i++) {
      Solution later = found.solutions().get(i);
      assertThat(found.solutions().subList(0, i))
          .allMatch(earlier -> earlier.differentLayers(later) >= 5);
    }
  }

  @Test
  void series_solvedAsOneOrEachFromTheBeginning_agree() {
    SearchProblem problem = LargeProblem.withRepeatedCosts(40);
    PathProblem paths = Formulation.of(problem).paths();
    ExactSolver solver = new ExactSolver();
    assertThat(scores(solver.series(paths), paths, 6))
        .containsExactly(scores(new FreshSeries(solver, paths), paths, 6), within(1e-12));
  }

  private static double[] scores(Series series, PathProblem paths, int count) {
    Deadline never = Deadline.startingNow(Duration.ofDays(1), () -> false);
    double[] scores = new double[count];
    for (int i = 0; i < count; i++) {
      Path path = ((SolverAnswer.Best) series.next(never, SolveListener.SILENT)).path();
      scores[i] = paths.objective(path);
      series.add(paths.distance(path, 5));
    }
    return scores;
  }

  /** One batch of two takes 8 units of time, one of four 10, one of eight 40: 1/4, 2/5, 1/5. */
  @Test
  void mostThroughput_severalBatches_isThatOfMostSequencesPerTime() {
    Map<Integer, SearchProblem> problems = new LinkedHashMap<>();
    problems.put(2, single(1, 8));
    problems.put(4, single(3, 10));
    problems.put(8, single(0.5, 40));
    Batches batches = PuzzleSearch.create().solveBatches(problems);
    assertThat(batches.mostThroughput("latency").orElseThrow().batch()).isEqualTo(4);
    assertThat(batches.leastScore().orElseThrow().batch()).isEqualTo(8);
    // Per score: 1/4, 2/15, 2/5.
    assertThat(batches.mostThroughputPerScore("latency").orElseThrow().batch()).isEqualTo(8);
  }

  private static SearchProblem single(double score, double latency) {
    return SearchProblem.builder().layer(candidate("only", score, 1, latency)).build();
  }
}
