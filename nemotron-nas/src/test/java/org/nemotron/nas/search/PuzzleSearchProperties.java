package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.nemotron.nas.search.SearchOutcome.Found;
import org.nemotron.nas.search.SearchOutcome.Infeasible;

final class PuzzleSearchProperties {
  /** Sums of a dozen numbers below ten, added in another order, agree to this. */
  private static final double ROUNDING = 1e-9;

  private final PuzzleSearch search = PuzzleSearch.create();

  @Provide
  Arbitrary<SearchProblem> problems() {
    return SmallProblems.any();
  }

  @Property(tries = 500)
  void searchNeverLosesToBruteForceNorBeatsIt(@ForAll("problems") SearchProblem problem) {
    Optional<ImmutableList<Choice>> truth = BruteForce.of(problem).best();
    SearchOutcome outcome = search.solve(problem);
    if (truth.isEmpty()) {
      assertThat(outcome).isInstanceOf(Infeasible.class);
    } else {
      Solution best = ((Found) outcome).best();
      assertThat(best.score()).isCloseTo(BruteForce.score(truth.get()), within(ROUNDING));
      assertThat(best.bound()).isEqualTo(best.score());
      assertThat(best.gap()).isZero();
    }
  }

  /** Costs that are tenths have many equal sums, some of which exceed a limit by rounding. */
  @Provide
  Arbitrary<SearchProblem> ties() {
    return SmallProblems.ofTenths();
  }

  @Property(tries = 500)
  void searchNeverLosesToBruteForceWhereSumsTie(@ForAll("ties") SearchProblem problem) {
    searchNeverLosesToBruteForceNorBeatsIt(problem);
  }

  /** Scores of which most are zero: where the answer is zero, any lower bound is endlessly far. */
  @Provide
  Arbitrary<SearchProblem> mostlyFree() {
    return SmallProblems.any().map(PuzzleSearchProperties::cheaper);
  }

  private static SearchProblem cheaper(SearchProblem problem) {
    return problem.toBuilder()
        .layers(
            problem.layers().stream()
                .map(layer -> layer.stream().map(PuzzleSearchProperties::cheaper).toList())
                .toList())
        .build();
  }

  private static Alternative cheaper(Alternative scored) {
    return new Alternative(
        scored.id(),
        Math.max(0, scored.score() - 8),
        scored.standardError(),
        scored.costs(),
        scored.covers(),
        scored.kinds());
  }

  @Property
  void improvementsEndWithTheAnswerWhereMostScoresAreZero(
      @ForAll("mostlyFree") SearchProblem problem) {
    improvementsOnlyGetBetterAndEndWithTheAnswer(problem);
  }

  @Property
  void improvementsOnlyGetBetterAndEndWithTheAnswer(@ForAll("problems") SearchProblem problem) {
    List<SearchListener.Improvement> heard = new ArrayList<>();
    SearchListener listener =
        new SearchListener() {
          @Override
          public void onProgress(Progress progress) {}

          @Override
          public void onImprovement(Improvement improvement) {
            heard.add(improvement);
          }
        };
    SearchOutcome outcome = PuzzleSearch.builder().listener(listener).build().solve(problem);
    for (int i = 1; i < heard.size(); i++) {
      assertThat(heard.get(i).score()).isLessThanOrEqualTo(heard.get(i - 1).score());
      assertThat(heard.get(i).bound()).isGreaterThanOrEqualTo(heard.get(i - 1).bound());
    }
    if (outcome instanceof Found found) {
      SearchListener.Improvement last = heard.get(heard.size() - 1);
      assertThat(last.score()).isEqualTo(found.best().score());
      assertThat(last.gap()).isCloseTo(0, within(ROUNDING));
    }
  }

  /** A bound below a score of zero by no more than rounding is an endless share of it. */
  @Example
  void improvementsEndWithTheAnswerWhereItsScoreIsZero() {
    Alternative low =
        Alternative.of("c0", 0, ImmutableMap.of("memoryBytes", 1.0, "parameters", 0.0));
    Alternative high =
        Alternative.of("c1", 0, ImmutableMap.of("memoryBytes", 5.0, "parameters", -2.0));
    improvementsOnlyGetBetterAndEndWithTheAnswer(
        SearchProblem.builder()
            .layer(low, high)
            .layer(low, high)
            .budget(Budget.atMost("memoryBytes", 8))
            .budget(Budget.atLeast("parameters", -1))
            .build());
  }

  @Property
  void solvedArchitectureRespectsEveryBudgetAndRule(@ForAll("problems") SearchProblem problem) {
    if (search.solve(problem) instanceof Found found) {
      BruteForce all = BruteForce.of(problem);
      assertThat(all.architectures()).contains(found.best().choices());
      assertThat(all.fits(found.best().choices())).isTrue();
      found
          .best()
          .costs()
          .forEach(
              (cost, value) -> assertThat(value).isEqualTo(all.cost(found.best().choices(), cost)));
    }
  }

  @Property
  void infeasibleNamesTheTrueNearestValue(@ForAll("problems") SearchProblem problem) {
    if (search.solve(problem) instanceof Infeasible infeasible
        && infeasible.clash().size() == 1
        && !infeasible.clash().get(0).counts()) {
      AskedLimit missed = infeasible.clash().get(0);
      SearchProblem free =
          problem.toBuilder()
              .budgets(List.of())
              .rules(problem.rules().stream().filter(Rule.Pin.class::isInstance).toList())
              .build();
      BruteForce all = BruteForce.of(free);
      DoubleSummaryStatistics possible =
          all.architectures().stream()
              .mapToDouble(choices -> all.cost(choices, missed.of()))
              .summaryStatistics();
      double truth = missed.fromAbove() ? possible.getMin() : possible.getMax();
      assertThat(infeasible.nearest()).isCloseTo(truth, within(ROUNDING));
      assertThat(missed.fromAbove() ? truth > missed.value() : truth < missed.value()).isTrue();
    }
  }

  @Property
  void diverseSolutionsKeepTheirDistanceAndTheirOrder(@ForAll("problems") SearchProblem problem) {
    int apart = Math.min(2, problem.layers().size());
    SearchProblem several = problem.toBuilder().solutions(4).minDifferentLayers(apart).build();
    if (search.solve(several) instanceof Found found) {
      BruteForce all = BruteForce.of(problem);
      List<Solution> solutions = found.solutions();
      for (int i = 0; i < solutions.size(); i++) {
        List<Solution> earlier = solutions.subList(0, i);
        double truth =
            all.architectures().stream()
                .filter(all::fits)
                .filter(choices -> earlier.stream().allMatch(e -> apart(e, choices) >= apart))
                .map(BruteForce::score)
                .min(Comparator.naturalOrder())
                .orElseThrow();
        assertThat(solutions.get(i).score()).isCloseTo(truth, within(ROUNDING));
        assertThat(earlier)
            .allMatch(e -> apart(e, found.solutions().get(earlier.size()).choices()) >= apart);
      }
    }
  }

  private static int apart(Solution solution, ImmutableList<Choice> choices) {
    return choices.stream()
        .filter(choice -> !solution.choices().contains(choice))
        .mapToInt(choice -> choice.alternative().covers())
        .sum();
  }
}
