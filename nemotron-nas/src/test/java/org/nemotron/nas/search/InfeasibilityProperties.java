package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
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
      assertThat(meeting(problem, infeasible.clash())).isEmpty();
      for (Set<String> fewer : Sets.powerSet(names(problem))) {
        if (fewer.size() < infeasible.clash().size()) {
          assertThat(meeting(problem, fewer)).isNotEmpty();
        }
      }
    }
  }

  @Property
  void leastPossibleIsTheNearestWhileTheRestOfTheClashHolds(
      @ForAll("problems") SearchProblem problem) {
    if (PuzzleSearch.create().solve(problem) instanceof Infeasible infeasible) {
      List<String> rest = infeasible.clash().subList(1, infeasible.clash().size());
      assertThat(infeasible.leastPossible())
          .isCloseTo(nearest(problem, infeasible.budget(), rest), within(ROUNDING));
    }
  }

  @Property
  void repairsAreTheNearestValuesThatMeetEverythingElse(@ForAll("problems") SearchProblem problem) {
    if (PuzzleSearch.create().solve(problem) instanceof Infeasible infeasible) {
      for (String cost : infeasible.clash()) {
        Set<String> others = Sets.difference(names(problem), Set.of(cost));
        if (meeting(problem, others).isEmpty()) {
          assertThat(infeasible.repairs()).doesNotContainKey(cost);
        } else {
          assertThat(infeasible.repairs().getOrDefault(cost, Double.NaN))
              .isCloseTo(nearest(problem, cost, others), within(ROUNDING));
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
    if (PuzzleSearch.create().solve(problem) instanceof Infeasible infeasible
        && infeasible.clash().stream().noneMatch(name -> name.startsWith("layers"))) {
      assertThat(meeting(free(problem, infeasible.pins()), infeasible.clash())).isEmpty();
      for (Rule.Pin pin : infeasible.pins()) {
        List<Rule.Pin> fewer = infeasible.pins().stream().filter(p -> !p.equals(pin)).toList();
        assertThat(meeting(free(problem, fewer), infeasible.clash())).isNotEmpty();
      }
    }
  }

  /** Returns the problem with these pins and no count of kinds. */
  private static SearchProblem free(SearchProblem problem, List<Rule.Pin> pins) {
    return problem.toBuilder().rules(List.copyOf(pins)).build();
  }

  private static ImmutableSet<String> names(SearchProblem problem) {
    return problem.budgets().stream().map(Budget::cost).collect(ImmutableSet.toImmutableSet());
  }

  /** Returns the architectures that meet the budgets on these costs. */
  private static List<ImmutableList<Choice>> meeting(
      SearchProblem problem, Iterable<String> costs) {
    Set<String> asked = ImmutableSet.copyOf(costs);
    BruteForce all = BruteForce.of(problem);
    return all.architectures().stream()
        .filter(
            choices ->
                problem.budgets().stream()
                    .filter(budget -> asked.contains(budget.cost()))
                    .allMatch(budget -> budget.allows(all.cost(choices, budget.cost()))))
        .collect(Collectors.toList());
  }

  private static double nearest(SearchProblem problem, String cost, Iterable<String> others) {
    Budget missed =
        problem.budgets().stream()
            .filter(budget -> budget.cost().equals(cost))
            .findFirst()
            .orElseThrow();
    BruteForce all = BruteForce.of(problem);
    Stream<Double> values = meeting(problem, others).stream().map(c -> all.cost(c, cost));
    List<Double> possible = values.toList();
    DoubleSummaryStatistics high =
        possible.stream()
            .mapToDouble(Double::doubleValue)
            .filter(value -> value >= missed.atLeast())
            .summaryStatistics();
    return high.getCount() > 0
        ? high.getMin()
        : possible.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
  }
}
