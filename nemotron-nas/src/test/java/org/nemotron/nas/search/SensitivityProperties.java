package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import org.nemotron.nas.search.exact.LinearRelaxation;

final class SensitivityProperties {
  /** Sums of a dozen numbers below ten, added in another order, agree to this. */
  private static final double ROUNDING = 1e-9;

  /** Limits are widened by about 1e-10 and prices are below a thousand. */
  private static final double SLOPE_ROUNDING = 1e-6;

  @Provide
  Arbitrary<SearchProblem> problems() {
    return SmallProblems.withoutRules();
  }

  @Property
  void aBetterArchitectureFitsAtTheBetterLimitAndNotBefore(
      @ForAll("problems") SearchProblem problem) {
    Optional<Sensitivity> sensitivity = PuzzleSearch.create().sensitivity(problem);
    assertThat(sensitivity.isPresent()).isEqualTo(BruteForce.of(problem).best().isPresent());
    sensitivity.ifPresent(
        found -> {
          assertThat(found.complete()).isTrue();
          found.budgets().forEach(entry -> check(problem, found, entry));
        });
  }

  /** The bound is convex in a limit, and its slope there is the price. */
  @Property
  void scorePerUnitIsTheSlopeOfTheRelaxation(
      @ForAll("problems") SearchProblem problem,
      @ForAll @DoubleRange(min = -3, max = 3) double room) {
    PuzzleSearch.create()
        .sensitivity(problem)
        .ifPresent(
            found ->
                found.budgets().stream()
                    .filter(entry -> hasOneEnd(problem, entry))
                    .forEach(entry -> checkSlope(problem, entry, room)));
  }

  private static boolean hasOneEnd(SearchProblem problem, Sensitivity.Entry entry) {
    return problem.budgets().stream()
        .filter(budget -> budget.cost().equals(entry.cost()))
        .allMatch(
            budget -> Double.isInfinite(budget.atLeast()) || Double.isInfinite(budget.atMost()));
  }

  private static void checkSlope(SearchProblem problem, Sensitivity.Entry entry, double room) {
    List<Budget> moved =
        problem.budgets().stream()
            .map(budget -> budget.cost().equals(entry.cost()) ? moved(entry, room) : budget)
            .toList();
    double here = LinearRelaxation.bound(problem);
    double there = LinearRelaxation.bound(problem.toBuilder().budgets(moved).build());
    assertThat(there).isGreaterThanOrEqualTo(here - room * entry.scorePerUnit() - SLOPE_ROUNDING);
  }

  private static Budget moved(Sensitivity.Entry entry, double room) {
    return entry.fromAbove()
        ? Budget.atMost(entry.cost(), entry.limit() + room)
        : Budget.atLeast(entry.cost(), entry.limit() - room);
  }

  private static void check(SearchProblem problem, Sensitivity found, Sensitivity.Entry entry) {
    double sign = entry.fromAbove() ? 1 : -1;
    BruteForce all = BruteForce.of(problem);
    double betterLimit =
        fittingOthers(problem, entry, all)
            .filter(c -> BruteForce.score(c) < found.solution().score() - ROUNDING)
            .mapToDouble(c -> sign * all.cost(c, entry.cost()))
            .min()
            .orElse(Double.POSITIVE_INFINITY);
    assertThat(sign * entry.betterLimit()).isCloseTo(betterLimit, within(ROUNDING));
    double chosen = sign * found.solution().costs().getOrDefault(entry.cost(), Double.NaN);
    assertThat(sign * entry.worseLimit()).isEqualTo(chosen);
    double worseScore =
        fittingOthers(problem, entry, all)
            .filter(c -> sign * all.cost(c, entry.cost()) < chosen)
            .mapToDouble(BruteForce::score)
            .min()
            .orElse(Double.POSITIVE_INFINITY);
    assertThat(entry.worseScore()).isCloseTo(worseScore, within(ROUNDING));
    assertThat(entry.scorePerUnit()).isNotNegative();
  }

  /** Returns the architectures that meet everything but this end of this budget. */
  private static Stream<ImmutableList<Choice>> fittingOthers(
      SearchProblem problem, Sensitivity.Entry entry, BruteForce all) {
    List<Budget> others =
        problem.budgets().stream()
            .map(budget -> budget.cost().equals(entry.cost()) ? without(budget, entry) : budget)
            .toList();
    return all.architectures().stream()
        .filter(c -> others.stream().allMatch(b -> b.allows(all.cost(c, b.cost()))));
  }

  private static Budget without(Budget budget, Sensitivity.Entry entry) {
    return entry.fromAbove()
        ? new Budget(budget.cost(), Math.max(budget.atLeast(), -1e9), Double.POSITIVE_INFINITY)
        : new Budget(budget.cost(), Double.NEGATIVE_INFINITY, Math.min(budget.atMost(), 1e9));
  }
}
