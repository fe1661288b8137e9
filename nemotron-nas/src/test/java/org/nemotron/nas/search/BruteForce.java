package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Tries every architecture of a small problem, with plain loops and exact sums. */
public final class BruteForce {
  private final SearchProblem problem;
  private final List<ImmutableList<Choice>> architectures = new ArrayList<>();

  private BruteForce(SearchProblem problem) {
    this.problem = problem;
    extend(0, ImmutableList.of());
  }

  /** Returns all architectures of a problem. */
  public static BruteForce of(SearchProblem problem) {
    return new BruteForce(problem);
  }

  private void extend(int layer, ImmutableList<Choice> chosen) {
    if (layer == problem.layers().size()) {
      if (problem.rules().stream().allMatch(rule -> respects(rule, chosen))) {
        architectures.add(chosen);
      }
      return;
    }
    for (Alternative alternative : problem.layers().get(layer)) {
      extend(
          layer + alternative.covers(),
          ImmutableList.<Choice>builder()
              .addAll(chosen)
              .add(new Choice(layer, alternative))
              .build());
    }
  }

  private static boolean respects(Rule rule, ImmutableList<Choice> chosen) {
    if (rule instanceof Rule.Forbid forbid) {
      return chosen.stream().noneMatch(choice -> is(choice, forbid));
    }
    if (rule instanceof Rule.Force force) {
      return chosen.stream().anyMatch(choice -> is(choice, force));
    }
    Rule.KindCount count = (Rule.KindCount) rule;
    int layers =
        chosen.stream()
            .map(Choice::alternative)
            .filter(alternative -> alternative.kinds().contains(count.kind()))
            .mapToInt(Alternative::covers)
            .sum();
    return count.atLeast() <= layers && layers <= count.atMost();
  }

  private static boolean is(Choice choice, Rule.Pin pin) {
    return choice.layer() == pin.layer() && choice.alternative().id().equals(pin.id());
  }

  /** Returns every architecture that respects the rules, whatever it costs. */
  List<ImmutableList<Choice>> architectures() {
    return architectures;
  }

  boolean fits(ImmutableList<Choice> choices) {
    return problem.budgets().stream()
        .allMatch(budget -> budget.allows(cost(choices, budget.cost())));
  }

  double cost(ImmutableList<Choice> choices, String cost) {
    BigDecimal sum = new BigDecimal(problem.fixedCosts().getOrDefault(cost, 0.0));
    for (Choice choice : choices) {
      sum = sum.add(new BigDecimal(choice.alternative().costs().getOrDefault(cost, Double.NaN)));
    }
    return sum.doubleValue();
  }

  /** Returns the summed score. */
  public static double score(ImmutableList<Choice> choices) {
    return choices.stream().mapToDouble(choice -> choice.alternative().score()).sum();
  }

  /** Returns the best architecture that fits. */
  public Optional<ImmutableList<Choice>> best() {
    return architectures.stream()
        .filter(this::fits)
        .min(Comparator.comparingDouble(BruteForce::score));
  }

  /** Returns the least cost of those architectures that respect the rules and these budgets. */
  double least(String cost, List<Budget> budgets) {
    SearchProblem bounded = problem.toBuilder().budgets(budgets).build();
    BruteForce others = new BruteForce(bounded);
    return others.architectures.stream()
        .filter(others::fits)
        .mapToDouble(choices -> cost(choices, cost))
        .min()
        .orElse(Double.POSITIVE_INFINITY);
  }
}
