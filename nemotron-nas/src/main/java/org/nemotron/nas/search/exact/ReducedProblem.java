package org.nemotron.nas.search.exact;

import org.nemotron.nas.search.graph.Contraction;
import org.nemotron.nas.search.graph.Elements;
import org.nemotron.nas.search.graph.LayerGraph;
import org.nemotron.nas.search.graph.PathProblem;

/**
 * The part of a path problem that is still undecided: its graph, which of the original arcs those
 * are, the objective and the constraints. Immutable.
 *
 * <p>The objective is multiplied by a power of two, which changes no rounding, so that most of its
 * values are below one.
 */
final class ReducedProblem {
  final LayerGraph graph;
  final OriginalArcs originals;

  /** One per arc. */
  final double[] objective;

  /** What the forced arcs add to the objective. */
  final double offset;

  /** What the objective was multiplied by, a power of two. */
  final double scale;

  final Constraints constraints;

  private ReducedProblem(
      LayerGraph graph,
      OriginalArcs originals,
      double[] objective,
      double offset,
      double scale,
      Constraints constraints) {
    this.graph = graph;
    this.originals = originals;
    this.objective = objective;
    this.offset = offset;
    this.scale = scale;
    this.constraints = constraints;
  }

  /** Returns a whole problem. */
  static ReducedProblem of(PathProblem problem) {
    double[] plain = problem.objective();
    double factor = Scaling.ofMost(plain);
    return new ReducedProblem(
        problem.graph(),
        OriginalArcs.all(problem.graph().arcs()),
        Scaling.times(plain, factor),
        0,
        factor,
        Constraints.of(problem));
  }

  int arcs() {
    return objective.length;
  }

  /** Returns the same arcs under other constraints. */
  ReducedProblem with(Constraints newConstraints) {
    return new ReducedProblem(graph, originals, objective, offset, scale, newConstraints);
  }

  /** Returns the problem that has only the marked arcs. */
  ReducedProblem keeping(boolean[] marks) {
    return keeping(Elements.indices(marks));
  }

  /** Returns the problem that has only these arcs, given in ascending order. */
  ReducedProblem keeping(int[] arcs) {
    return new ReducedProblem(
        graph.keeping(arcs),
        originals.keeping(arcs),
        Elements.at(objective, arcs),
        offset,
        scale,
        constraints.on(arcs));
  }

  /** Returns the problem without the arcs that every path has, and with their nodes merged. */
  ReducedProblem contracted() {
    Contraction contraction = graph.contraction();
    if (contraction.isEmpty()) {
      return this;
    }
    int[] arcs = contraction.keptArcs();
    double newOffset = offset;
    for (int arc = 0; arc < objective.length; arc++) {
      if (contraction.isForced(arc)) {
        newOffset += objective[arc];
      }
    }
    return new ReducedProblem(
        contraction.contracted(),
        originals.forcingOthers(arcs),
        Elements.at(objective, arcs),
        newOffset,
        scale,
        constraints.contracted(contraction, arcs));
  }

  /** Returns, by constraint, whether some path may violate it. */
  boolean[] violable() {
    return constraints.violable(graph);
  }

  /** Returns the problem under the marked ones of its constraints. */
  ReducedProblem keepingConstraints(boolean[] marks) {
    return with(constraints.keeping(marks));
  }

  /**
   * Returns the problem with every arc reversed; its first node is the last one of this problem.
   * What the forced arcs add to the constraints is left out.
   */
  ReducedProblem reversed() {
    int[] order = graph.reversedOrder();
    return new ReducedProblem(
        graph.reversed(order),
        originals.withoutForced(order),
        Elements.at(objective, order),
        offset,
        scale,
        constraints.withoutFixed(order));
  }

  /** Returns a value that the objective of every path is below. */
  double ceiling() {
    double longest = offset + graph.longestToEnd(objective)[0];
    return longest + Constraints.ROUNDING * Math.max(graph.lastNode(), Math.abs(longest));
  }

  /** Returns the Lagrangian length of each arc: objective plus multipliers times coefficients. */
  double[] lengths(double[] multipliers) {
    double[] lengths = new double[arcs()];
    fillLengths(lengths, multipliers);
    return lengths;
  }

  /** Fills in the Lagrangian length of each arc. */
  void fillLengths(double[] lengths, double[] multipliers) {
    System.arraycopy(objective, 0, lengths, 0, lengths.length);
    constraints.addTo(lengths, multipliers);
  }

  /**
   * Returns the Lagrangian bound: no path that satisfies the constraints has a lower objective.
   *
   * @param shortest the least sum of Lagrangian lengths of a path
   */
  double bound(double shortest, double[] multipliers) {
    return offset + shortest - constraints.limitsTimes(multipliers);
  }
}
