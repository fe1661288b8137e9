package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import java.util.List;

/**
 * A search problem as a shortest path problem with side conditions.
 *
 * <p>Nodes are the boundaries before, between and after the layers; an alternative that covers k
 * layers from layer i on is an arc from node i to node i + k. Arcs are sorted by their layer. An
 * architecture is a path from node 0 to the last node; its objective is to be least and every row
 * must hold.
 */
final class LayerGraph {
  final int layers;

  /** The alternative behind each arc. */
  final ImmutableList<Alternative> alternatives;

  /** The node where each arc starts. */
  final int[] from;

  /** The node where each arc ends. */
  final int[] to;

  /** The arcs that start in node i are firstArc[i] to firstArc[i + 1] - 1. */
  final int[] firstArc;

  final double[] objective;
  final ImmutableList<Constraint> rows;
  private final ImmutableMap<String, Double> fixedCosts;

  private LayerGraph(
      ImmutableList<Alternative> alternatives,
      int[] from,
      int[] to,
      int[] firstArc,
      double[] objective,
      ImmutableList<Constraint> rows,
      ImmutableMap<String, Double> fixedCosts) {
    this.layers = firstArc.length - 1;
    this.alternatives = alternatives;
    this.from = from;
    this.to = to;
    this.firstArc = firstArc;
    this.objective = objective;
    this.rows = rows;
    this.fixedCosts = fixedCosts;
  }

  static LayerGraph of(SearchProblem problem) {
    AllowedAlternatives permissions = AllowedAlternatives.of(problem.layers(), problem.rules());
    ImmutableList.Builder<Alternative> alternatives = ImmutableList.builder();
    ImmutableIntArray.Builder from = ImmutableIntArray.builder();
    ImmutableIntArray.Builder to = ImmutableIntArray.builder();
    int[] firstArc = new int[permissions.layers() + 1];
    for (int layer = 0; layer < permissions.layers(); layer++) {
      firstArc[layer + 1] = firstArc[layer] + permissions.at(layer).size();
      for (Alternative candidate : permissions.at(layer)) {
        alternatives.add(candidate);
        from.add(layer);
        to.add(layer + candidate.covers());
      }
    }
    ImmutableList<Alternative> arcs = alternatives.build();
    return new LayerGraph(
            arcs,
            from.build().toArray(),
            to.build().toArray(),
            firstArc,
            scores(arcs),
            ImmutableList.of(),
            problem.fixedCosts())
        .withRowsOf(problem);
  }

  // Loops rather than streams here: a fresh virtual machine takes longer to link a stream than to
  // search.
  private static double[] scores(ImmutableList<Alternative> arcs) {
    double[] scores = new double[arcs.size()];
    for (int arc = 0; arc < scores.length; arc++) {
      scores[arc] = arcs.get(arc).score();
    }
    return scores;
  }

  private LayerGraph withRowsOf(SearchProblem problem) {
    ImmutableList.Builder<Constraint> built = ImmutableList.builder();
    for (Budget budget : problem.budgets()) {
      built.add(costRow(budget.cost(), budget.atLeast(), budget.atMost()));
    }
    for (Rule rule : problem.rules()) {
      if (rule instanceof Rule.KindCount count) {
        built.add(kindRow(count));
      }
    }
    return withRows(built.build());
  }

  private Constraint kindRow(Rule.KindCount count) {
    double[] coefficients =
        alternatives.stream()
            .mapToDouble(arc -> arc.kinds().contains(count.kind()) ? arc.covers() : 0)
            .toArray();
    double atMost = count.atMost() == Integer.MAX_VALUE ? Double.POSITIVE_INFINITY : count.atMost();
    double atLeast = count.atLeast() == 0 ? Double.NEGATIVE_INFINITY : count.atLeast();
    return new Constraint("layers of kind " + count.kind(), coefficients, true, 0, atLeast, atMost);
  }

  /** Returns the row that bounds a cost of the whole architecture. */
  Constraint costRow(String cost, double atLeast, double atMost) {
    double[] coefficients = new double[arcs()];
    for (int arc = 0; arc < coefficients.length; arc++) {
      coefficients[arc] = alternatives.get(arc).costs().getOrDefault(cost, 0.0);
    }
    return new Constraint(
        cost, coefficients, false, fixedCosts.getOrDefault(cost, 0.0), atLeast, atMost);
  }

  /** Returns the row that keeps an architecture at least {@code layersApart} layers from a path. */
  Constraint distanceRow(Path path, int layersApart) {
    double[] same = new double[arcs()];
    for (int i = 0; i < path.length(); i++) {
      same[path.arc(i)] = to[path.arc(i)] - from[path.arc(i)];
    }
    return new Constraint(
        "distance to an earlier solution",
        same,
        true,
        0,
        Double.NEGATIVE_INFINITY,
        layers - layersApart);
  }

  /** Returns the row that bounds the objective. */
  Constraint objectiveRow(double atMost) {
    return new Constraint("score", objective, false, 0, Double.NEGATIVE_INFINITY, atMost);
  }

  LayerGraph withRows(List<Constraint> newRows) {
    return new LayerGraph(
        alternatives, from, to, firstArc, objective, ImmutableList.copyOf(newRows), fixedCosts);
  }

  LayerGraph plusRow(Constraint row) {
    return withRows(ImmutableList.<Constraint>builder().addAll(rows).add(row).build());
  }

  LayerGraph withObjective(double[] newObjective) {
    return new LayerGraph(alternatives, from, to, firstArc, newObjective, rows, fixedCosts);
  }

  int arcs() {
    return from.length;
  }

  double score(Path path) {
    double sum = 0;
    for (int i = 0; i < path.length(); i++) {
      sum += objective[path.arc(i)];
    }
    return sum;
  }

  boolean allows(Path path) {
    for (Constraint row : rows) {
      if (!row.allows(path)) {
        return false;
      }
    }
    return true;
  }

  /** Returns the arcs of a path as choices. */
  ImmutableList<Choice> choices(Path path) {
    ImmutableList.Builder<Choice> choices = ImmutableList.builder();
    for (int i = 0; i < path.length(); i++) {
      choices.add(new Choice(from[path.arc(i)], alternatives.get(path.arc(i))));
    }
    return choices.build();
  }
}
