package org.nemotron.nas.search;

import com.google.common.base.Verify;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.nemotron.nas.search.graph.CostSum;
import org.nemotron.nas.search.graph.Path;

/** Turns paths into {@link Solution}s by adding everything again from the alternatives. */
final class Solutions {
  private Solutions() {}

  /**
   * Returns a path as a solution, checked against the problem independently of any solver.
   *
   * @param bound a proven lower bound on the score
   */
  static Solution of(Formulation formulation, Path path, double bound) {
    SearchProblem problem = formulation.problem();
    ImmutableList<Choice> choices = formulation.choices(path);
    double score = 0;
    int next = 0;
    for (Choice choice : choices) {
      Verify.verify(choice.layer() == next, "layer %s is not covered exactly once", next);
      score += choice.alternative().score();
      next += choice.alternative().covers();
    }
    Verify.verify(next == problem.layers().size(), "layer %s is not covered", next);
    ImmutableMap<String, Double> costs = costs(problem, choices);
    for (Budget budget : problem.budgets()) {
      Verify.verify(
          budget.allows(costs.getOrDefault(budget.cost(), 0.0)), "%s is exceeded", budget);
    }
    double proven = Math.min(bound, score);
    return new Solution(choices, score, proven, gap(score, proven), costs);
  }

  private static double gap(double score, double bound) {
    return score == bound ? 0 : (score - bound) / Math.max(Math.abs(score), Double.MIN_NORMAL);
  }

  private static ImmutableMap<String, Double> costs(
      SearchProblem problem, ImmutableList<Choice> choices) {
    ImmutableMap.Builder<String, Double> costs = ImmutableMap.builder();
    for (String cost : problem.costNames()) {
      CostSum sum = new CostSum(problem.fixedCosts().getOrDefault(cost, 0.0));
      for (Choice choice : choices) {
        sum.add(choice.alternative().costs().getOrDefault(cost, 0.0));
      }
      costs.put(cost, sum.value());
    }
    return costs.buildOrThrow();
  }
}
