package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.nemotron.nas.search.SearchOutcome.Found;
import org.nemotron.nas.search.exact.LinearRelaxation;

final class SearchLawsProperties {
  /** Sums of a dozen numbers below ten, added in another order, agree to this. */
  private static final double ROUNDING = 1e-9;

  /** SCIP takes a row that is broken by a millionth as met. */
  private static final double SCIP_TOLERANCE = 1e-5;

  private final PuzzleSearch search = PuzzleSearch.create();

  @Provide
  Arbitrary<SearchProblem> problems() {
    return SmallProblems.any();
  }

  @Provide
  Arbitrary<SearchProblem> mediumProblems() {
    return MediumProblems.any();
  }

  private double score(SearchProblem problem) {
    return search.solve(problem) instanceof Found found
        ? found.best().score()
        : Double.POSITIVE_INFINITY;
  }

  @Property
  void looseningABudgetNeverHurts(
      @ForAll("problems") SearchProblem problem, @ForAll @DoubleRange(min = 0, max = 9) double by) {
    List<Budget> looser =
        problem.budgets().stream()
            .map(b -> new Budget(b.cost(), b.atLeast() - by, b.atMost() + by))
            .toList();
    assertThat(score(problem.toBuilder().budgets(looser).build()))
        .isLessThanOrEqualTo(score(problem) + ROUNDING);
  }

  @Property
  void addingACandidateNeverHurts(
      @ForAll("problems") SearchProblem problem,
      @ForAll @IntRange(max = 5) int layer,
      @ForAll @DoubleRange(max = 10) double score) {
    int to = Math.min(layer, problem.layers().size() - 1);
    boolean pinned = problem.rules().stream().anyMatch(Rule.Pin.class::isInstance);
    if (!pinned) {
      List<Alternative> there = problem.layers().get(to);
      Alternative like = there.get((int) score % there.size());
      Alternative extra =
          new Alternative("extra", score, 0, like.costs(), like.covers(), like.kinds());
      List<List<Alternative>> layers = new ArrayList<>(problem.layers());
      layers.set(to, ImmutableList.<Alternative>builder().addAll(there).add(extra).build());
      assertThat(score(withLayers(problem, layers))).isLessThanOrEqualTo(score(problem) + ROUNDING);
    }
  }

  @Property
  void orderOfCandidatesChangesNothing(
      @ForAll("problems") SearchProblem problem, @ForAll Random random) {
    List<List<Alternative>> layers = new ArrayList<>();
    for (List<Alternative> layer : problem.layers()) {
      List<Alternative> shuffled = new ArrayList<>(layer);
      Collections.shuffle(shuffled, random);
      layers.add(shuffled);
    }
    assertThat(choices(withLayers(problem, layers))).isEqualTo(choices(problem));
  }

  @Property
  void scalingAllScoresChangesNoChoice(@ForAll("problems") SearchProblem problem) {
    double scale = 1024;
    List<List<Alternative>> layers = new ArrayList<>();
    for (List<Alternative> layer : problem.layers()) {
      layers.add(layer.stream().map(a -> a.withScore(a.score() * scale)).toList());
    }
    assertThat(ids(withLayers(problem, layers))).isEqualTo(ids(problem));
  }

  private static SearchProblem withLayers(SearchProblem problem, List<List<Alternative>> layers) {
    return SearchProblem.builder()
        .layers(layers)
        .fixedCosts(problem.fixedCosts())
        .budgets(problem.budgets())
        .rules(problem.rules())
        .build();
  }

  private List<Choice> choices(SearchProblem problem) {
    return search.solve(problem) instanceof Found found ? found.best().choices() : List.of();
  }

  private List<String> ids(SearchProblem problem) {
    return search.solve(problem) instanceof Found found ? found.best().ids() : List.of();
  }

  @Property
  void relaxationIsAtMostTheOptimumAndTheOptimumAtMostGreedy(
      @ForAll("problems") SearchProblem problem) {
    double optimum = score(problem);
    assertThat(LinearRelaxation.bound(problem)).isLessThanOrEqualTo(optimum + ROUNDING);
    Optional<Solution> greedy = Baselines.greedy(problem);
    assertThat(optimum)
        .isLessThanOrEqualTo(
            greedy.map(Solution::score).orElse(Double.POSITIVE_INFINITY) + ROUNDING);
  }

  @Property(tries = 12)
  @Tag("slow")
  void agreesWithScipOnLargerProblems(@ForAll("mediumProblems") SearchProblem problem) {
    SearchOutcome scip =
        PuzzleSearch.builder()
            .method(PuzzleSearch.Method.SCIP)
            .timeLimit(Duration.ofSeconds(2))
            .build()
            .solve(problem);
    if (scip instanceof Found found) {
      assertThat(score(problem)).isLessThanOrEqualTo(found.best().score() + SCIP_TOLERANCE);
      assertThat(score(problem)).isGreaterThanOrEqualTo(found.best().bound() - SCIP_TOLERANCE);
    }
  }

  @Property
  void jsonRoundTripIsIdentical(@ForAll("problems") SearchProblem problem) {
    assertThat(ProblemJson.parse(ProblemJson.write(problem))).isEqualTo(problem);
  }

  @Property
  void frontierPointsAreTheBestWithinTheirLimits(@ForAll("problems") SearchProblem problem) {
    Frontier frontier = search.frontier(problem, SmallProblems.MEMORY, 5);
    BruteForce all = BruteForce.of(problem);
    assertThat(frontier.complete()).isTrue();
    for (Frontier.Point point : frontier.points()) {
      double truth =
          all.architectures().stream()
              .filter(all::fits)
              .filter(choices -> all.cost(choices, SmallProblems.MEMORY) <= point.limit())
              .mapToDouble(BruteForce::score)
              .min()
              .orElseThrow();
      assertThat(point.solution().score()).isCloseTo(truth, within(ROUNDING));
    }
  }

  @Property
  void everyStepOfTheFrontierIsTheWholeParetoSet(@ForAll("problems") SearchProblem problem) {
    Frontier frontier = search.frontier(problem, SmallProblems.MEMORY, -1e9, 1e9);
    BruteForce all = BruteForce.of(problem);
    List<Fitting> fitting =
        all.architectures().stream()
            .filter(all::fits)
            .map(choices -> Fitting.of(all, choices))
            .toList();
    long steps =
        fitting.stream()
            .filter(one -> fitting.stream().noneMatch(other -> other.isBetterThan(one)))
            .map(one -> Math.round(one.memory() / ROUNDING))
            .distinct()
            .count();
    assertThat(frontier.complete()).isTrue();
    assertThat(frontier.points()).hasSize((int) steps);
    for (Frontier.Point point : frontier.points()) {
      Fitting found = Fitting.of(all, point.solution().choices());
      assertThat(fitting).noneMatch(other -> other.isBetterThan(found));
    }
  }

  /** An architecture that fits: its costs, and its score. */
  private record Fitting(double memory, double score) {
    static Fitting of(BruteForce all, ImmutableList<Choice> choices) {
      return new Fitting(all.cost(choices, SmallProblems.MEMORY), BruteForce.score(choices));
    }

    /** Returns whether this is at most as dear and scores less, or dear less and scores as well. */
    boolean isBetterThan(Fitting other) {
      double cheaper = other.memory - memory;
      double better = other.score - score;
      return (cheaper > ROUNDING && better > -ROUNDING)
          || (better > ROUNDING && cheaper > -ROUNDING);
    }
  }

  @Property(tries = 100)
  void cellsOfTheGridAreTheBestWithinBothLimits(@ForAll("problems") SearchProblem problem) {
    FrontierGrid grid = search.grid(problem, SmallProblems.MEMORY, 3, SmallProblems.LATENCY, 3);
    BruteForce all = BruteForce.of(problem);
    assertThat(grid.complete()).isTrue();
    assertThat(grid.cells().isEmpty()).isEqualTo(all.best().isEmpty());
    for (FrontierGrid.Cell cell : grid.cells()) {
      double truth =
          all.architectures().stream()
              .filter(all::fits)
              .filter(choices -> all.cost(choices, SmallProblems.MEMORY) <= cell.limit())
              .filter(choices -> all.cost(choices, SmallProblems.LATENCY) <= cell.otherLimit())
              .mapToDouble(BruteForce::score)
              .min()
              .orElseThrow();
      assertThat(cell.solution().score()).isCloseTo(truth, within(ROUNDING));
    }
  }

  @Property
  void confidenceComparesTheBestWithTheSecondBest(@ForAll("problems") SearchProblem problem) {
    BruteForce all = BruteForce.of(problem);
    double[] scores =
        all.architectures().stream()
            .filter(all::fits)
            .mapToDouble(BruteForce::score)
            .sorted()
            .toArray();
    Optional<Confidence> confidence = search.confidence(problem);
    assertThat(confidence.isPresent()).isEqualTo(scores.length > 1);
    confidence.ifPresent(
        found -> {
          assertThat(found.best().score()).isCloseTo(scores[0], within(ROUNDING));
          assertThat(found.runnerUp().score()).isCloseTo(scores[1], within(ROUNDING));
          assertThat(found.probability()).isBetween(0.5 - ROUNDING, 1.0);
        });
  }

  @Property
  void relativeGapHoldsTheOptimumBetweenBoundAndScore(
      @ForAll("problems") SearchProblem problem,
      @ForAll @DoubleRange(min = 0, max = 0.5) double gap) {
    PuzzleSearch near = PuzzleSearch.builder().relativeGap(gap).build();
    if (near.solve(problem) instanceof Found found) {
      double optimum = score(problem);
      assertThat(found.best().gap()).isLessThanOrEqualTo(gap);
      assertThat(found.best().bound()).isLessThanOrEqualTo(optimum + ROUNDING);
      assertThat(found.best().score()).isGreaterThanOrEqualTo(optimum - ROUNDING);
    } else {
      assertThat(score(problem)).isEqualTo(Double.POSITIVE_INFINITY);
    }
  }

  @Property
  void tiesAreBrokenByTheLeastCost(@ForAll("problems") SearchProblem problem) {
    PuzzleSearch frugal =
        PuzzleSearch.builder().breakTies(new TieBreak(SmallProblems.LATENCY, 0)).build();
    BruteForce all = BruteForce.of(problem);
    all.best()
        .ifPresent(
            best -> {
              double least =
                  all.architectures().stream()
                      .filter(all::fits)
                      .filter(c -> BruteForce.score(c) <= BruteForce.score(best) + ROUNDING)
                      .mapToDouble(c -> all.cost(c, SmallProblems.LATENCY))
                      .min()
                      .orElseThrow();
              assertThat(frugal.solve(problem).orElseThrow().costs())
                  .hasEntrySatisfying(
                      SmallProblems.LATENCY,
                      cost -> assertThat(cost).isCloseTo(least, within(ROUNDING)));
            });
  }
}
