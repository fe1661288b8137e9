package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import org.nemotron.nas.search.graph.Constraint;
import org.nemotron.nas.search.graph.LayerGraph;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;

/**
 * A search problem formulated as a path problem: one arc per alternative that may stand somewhere,
 * one constraint per budget and per count of a kind.
 *
 * @param problem the search problem
 * @param alternatives the alternative of each arc
 * @param paths the path problem; its constraints are those of the budgets, then of the counts
 */
record Formulation(
    SearchProblem problem, ImmutableList<Alternative> alternatives, PathProblem paths) {

  // Loops rather than streams here: a fresh virtual machine takes longer to link a stream than to
  // search.
  static Formulation of(SearchProblem problem) {
    AllowedAlternatives allowed = AllowedAlternatives.of(problem.layers(), problem.rules());
    ImmutableList<Alternative> alternatives = allowed.all();
    int[] from = new int[alternatives.size()];
    int[] to = new int[alternatives.size()];
    double[] scores = new double[alternatives.size()];
    int arc = 0;
    for (int layer = 0; layer < allowed.layers(); layer++) {
      for (Alternative alternative : allowed.at(layer)) {
        from[arc] = layer;
        to[arc] = layer + alternative.covers();
        scores[arc++] = alternative.score();
      }
    }
    LayerGraph graph = LayerGraph.of(from, to, allowed.layers());
    return new Formulation(problem, alternatives, PathProblem.of(graph, scores)).constrained();
  }

  private Formulation constrained() {
    ImmutableList.Builder<Constraint> constraints = ImmutableList.builder();
    for (Budget budget : problem.budgets()) {
      constraints.add(cost(budget.cost()).between(budget.atLeast(), budget.atMost()));
    }
    for (Rule rule : problem.rules()) {
      if (rule instanceof Rule.KindCount count) {
        constraints.add(count(count));
      }
    }
    return new Formulation(problem, alternatives, paths.withConstraints(constraints.build()));
  }

  /** Returns the constraint on a cost of the whole architecture, without limits. */
  Constraint cost(String cost) {
    double[] coefficients = new double[alternatives.size()];
    for (int arc = 0; arc < coefficients.length; arc++) {
      coefficients[arc] = alternatives.get(arc).costs().getOrDefault(cost, 0.0);
    }
    return Constraint.onCost(cost, coefficients, problem.fixedCosts().getOrDefault(cost, 0.0));
  }

  private Constraint count(Rule.KindCount count) {
    double[] coefficients =
        alternatives.stream()
            .mapToDouble(arc -> arc.kinds().contains(count.kind()) ? arc.covers() : 0)
            .toArray();
    double atMost = count.atMost() == Integer.MAX_VALUE ? Double.POSITIVE_INFINITY : count.atMost();
    double atLeast = count.atLeast() == 0 ? Double.NEGATIVE_INFINITY : count.atLeast();
    return Constraint.onCount(count.kind(), coefficients).between(atLeast, atMost);
  }

  /** Returns the arcs of a path as choices. */
  ImmutableList<Choice> choices(Path path) {
    ImmutableList.Builder<Choice> choices = ImmutableList.builder();
    for (int i = 0; i < path.length(); i++) {
      int arc = path.arc(i);
      choices.add(new Choice(paths.graph().from(arc), alternatives.get(arc)));
    }
    return choices.build();
  }
}
