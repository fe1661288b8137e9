package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.search.Alternative;
import org.nemotron.nas.search.Budget;
import org.nemotron.nas.search.SearchProblem;

/**
 * Choices of a child that are exchanged for others, as a cost of a search problem: 0 of what the
 * child has, 1 of all else. A budget on it keeps the search near the child.
 */
final class Exchanges {
  /** The name of the cost. */
  static final String COST = "choices exchanged";

  private Exchanges() {}

  /** Returns {@code problem} with at most {@code most} choices that {@code child} does not have. */
  static SearchProblem atMost(int most, SearchProblem problem, Architecture child) {
    ImmutableSet<String> present =
        child.choices().stream().map(BlockChoice::id).collect(ImmutableSet.toImmutableSet());
    ImmutableList.Builder<ImmutableList<Alternative>> layers = ImmutableList.builder();
    for (ImmutableList<Alternative> layer : problem.layers()) {
      layers.add(
          layer.stream()
              .map(alternative -> counted(alternative, present))
              .collect(ImmutableList.toImmutableList()));
    }
    return SearchProblem.builder()
        .layers(layers.build())
        .fixedCosts(problem.fixedCosts())
        .budgets(problem.budgets())
        .budget(Budget.atMost(COST, most))
        .rules(problem.rules())
        .build();
  }

  private static Alternative counted(Alternative alternative, ImmutableSet<String> present) {
    return new Alternative(
        alternative.id(),
        alternative.score(),
        alternative.standardError(),
        ImmutableMap.<String, Double>builder()
            .putAll(alternative.costs())
            .put(COST, present.contains(alternative.id()) ? 0.0 : 1.0)
            .buildOrThrow(),
        alternative.covers(),
        alternative.kinds());
  }

  /** Returns how many choices {@code other} has that {@code child} does not. */
  static int count(Architecture child, Architecture other) {
    ImmutableSet<BlockChoice> present = ImmutableSet.copyOf(child.choices());
    return Math.toIntExact(
        other.choices().stream().filter(choice -> !present.contains(choice)).count());
  }
}
