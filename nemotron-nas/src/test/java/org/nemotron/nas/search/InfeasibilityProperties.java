package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.Collection;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.nemotron.nas.search.SearchOutcome.Infeasible;

/** The explanation of a clash, against trying everything. */
final class InfeasibilityProperties {
  /** Sums of a dozen numbers below ten, added in another order, agree to this. */
  private static final double ROUNDING = 1e-9;

  @Provide
  Arbitrary<SearchProblem> problems() {
    return SmallProblems.tight();
  }

  @Property
  void clashCannotBeMetAndNothingSmallerClashes(@ForAll("problems") SearchProblem problem) {
    if (PuzzleSearch.create().solve(problem) instanceof Infeasible infeasible) {
      assertThat(infeasible.clash()).isNotEmpty();
      assertThat(meeting(problem, infeasible.clash())).isEmpty();
      for (Set<AskedLimit> fewer : Sets.powerSet(limits(problem))) {
        if (fewer.size() < infeasible.clash().size()) {
          assertThat(meeting(problem, fewer)).isNotEmpty();
        }
      }
    }
  }

  @Property
  void nearestIsThatWhileTheRestOfTheClashHolds(@ForAll("problems") SearchProblem problem) {
    if (PuzzleSearch.create().solve(problem) instanceof Infeasible infeasible) {
      List<AskedLimit> rest = infeasible.clash().subList(1, infeasible.clash().size());
      assertThat(infeasible.nearest())
          .isCloseTo(nearest(problem, infeasible.clash().get(0), rest), within(ROUNDING));
    }
  }

  @Property
  void repairsAreTheNearestValuesThatMeetEverythingElse(@ForAll("problems") SearchProblem problem) {
    if (PuzzleSearch.create().solve(problem) instanceof Infeasible infeasible) {
      for (AskedLimit limit : infeasible.clash()) {
        Set<AskedLimit> others = Sets.difference(limits(problem), Set.of(limit));
        if (meeting(problem, others).isEmpty()) {
          assertThat(infeasible.repairs()).doesNotContainKey(limit);
        } else {
          assertThat(infeasible.repairs().getOrDefault(limit, Double.NaN))
              .isCloseTo(nearest(problem, limit, others), within(ROUNDING));
        }
      }
    }
  }

  @Provide
  Arbitrary<SearchProblem> pinned() {
    return SmallProblems.any().filter(problem -> !problem.pins().isEmpty());
  }

  @Property
  void pinsAreThoseWithoutWhichTheClashCanBeResolved(@ForAll("pinned") SearchProblem problem) {
    if (PuzzleSearch.create().solve(problem) instanceof Infeasible infeasible) {
      assertThat(meeting(pinned(problem, infeasible.pins()), infeasible.clash())).isEmpty();
      for (Rule.Pin pin : infeasible.pins()) {
        List<Rule.Pin> fewer = infeasible.pins().stream().filter(p -> !p.equals(pin)).toList();
        assertThat(meeting(pinned(problem, fewer), infeasible.clash())).isNotEmpty();
      }
    }
  }

  @Property
  void contradictingCountsAreInfeasibleWithBothNamed(
      @ForAll("problems") SearchProblem problem, @ForAll @IntRange(max = 5) int atMost) {
    if (kinds(problem).contains("light")) {
      SearchProblem asked =
          problem.toBuilder()
              .budgets(List.of())
              .rule(Rule.atMost("light", atMost))
              .rule(Rule.atLeast("light", atMost + 1))
              .build();
      Infeasible infeasible = (Infeasible) PuzzleSearch.create().solve(asked);
      assertThat(meeting(asked, infeasible.clash())).isEmpty();
      assertThat(infeasible.clash()).allMatch(AskedLimit::counts);
    }
  }

  private static ImmutableSet<String> kinds(SearchProblem problem) {
    return problem.layers().stream()
        .flatMap(List::stream)
        .flatMap(alternative -> alternative.kinds().stream())
        .collect(ImmutableSet.toImmutableSet());
  }

  /** Returns the problem with these pins and no count of kinds. */
  private static SearchProblem pinned(SearchProblem problem, List<Rule.Pin> pins) {
    return problem.toBuilder().rules(List.copyOf(pins)).build();
  }

  private static ImmutableSet<AskedLimit> limits(SearchProblem problem) {
    ImmutableSet.Builder<AskedLimit> limits = ImmutableSet.builder();
    for (Budget budget : problem.budgets()) {
      if (budget.atLeast() > Double.NEGATIVE_INFINITY) {
        limits.add(new AskedLimit(budget.cost(), false, false, budget.atLeast()));
      }
      if (budget.atMost() < Double.POSITIVE_INFINITY) {
        limits.add(new AskedLimit(budget.cost(), false, true, budget.atMost()));
      }
    }
    return limits.build();
  }

  /** Returns the architectures that meet these limits and the pins, whatever else is asked. */
  private static List<ImmutableList<Choice>> meeting(
      SearchProblem problem, Collection<AskedLimit> limits) {
    SearchProblem free = pinned(problem, problem.pins());
    BruteForce all = BruteForce.of(free);
    return all.architectures().stream()
        .filter(choices -> limits.stream().allMatch(limit -> meets(all, choices, limit)))
        .collect(Collectors.toList());
  }

  private static boolean meets(BruteForce all, ImmutableList<Choice> choices, AskedLimit limit) {
    double value = value(all, choices, limit);
    return limit.fromAbove() ? value <= limit.value() : value >= limit.value();
  }

  private static double value(BruteForce all, ImmutableList<Choice> choices, AskedLimit limit) {
    return limit.counts()
        ? choices.stream()
            .map(Choice::alternative)
            .filter(alternative -> alternative.kinds().contains(limit.of()))
            .mapToInt(Alternative::covers)
            .sum()
        : all.cost(choices, limit.of());
  }

  private static double nearest(
      SearchProblem problem, AskedLimit missed, Collection<AskedLimit> others) {
    BruteForce all = BruteForce.of(problem);
    DoubleSummaryStatistics possible =
        meeting(problem, others).stream()
            .mapToDouble(choices -> value(all, choices, missed))
            .summaryStatistics();
    return missed.fromAbove() ? possible.getMin() : possible.getMax();
  }
}
