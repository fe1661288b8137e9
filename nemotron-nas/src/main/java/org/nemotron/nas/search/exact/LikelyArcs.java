package org.nemotron.nas.search.exact;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The arcs of a problem that good paths are likely to have: of every node those of least reduced
 * cost, each only once where several are the same, and those of the relaxation.
 */
final class LikelyArcs {
  private final ReducedProblem problem;
  private final double[] reducedCosts;
  private final boolean[] marks;

  private LikelyArcs(ReducedProblem problem, Multipliers best) {
    this.problem = problem;
    this.reducedCosts = best.reducedCosts(problem);
    this.marks = new boolean[problem.arcs()];
    double[] weights = best.arcWeights(problem);
    for (int arc = 0; arc < marks.length; arc++) {
      marks[arc] = weights[arc] > 0;
    }
  }

  /**
   * Returns the marks of these arcs; some path has marked arcs only.
   *
   * @param best multipliers of the problem
   * @param perNode how many arcs of each node, besides those of the relaxation
   */
  static boolean[] marks(ReducedProblem problem, Multipliers best, int perNode) {
    LikelyArcs likely = new LikelyArcs(problem, best);
    for (int node = 0; node < problem.graph.lastNode(); node++) {
      likely.mark(node, perNode);
    }
    return likely.marks;
  }

  private void mark(int node, int most) {
    List<Integer> arcs = new ArrayList<>();
    for (int arc = problem.graph.firstArc(node); arc < problem.graph.endArc(node); arc++) {
      arcs.add(arc);
    }
    arcs.sort(Comparator.comparingDouble(arc -> reducedCosts[arc]));
    List<Integer> distinct = new ArrayList<>();
    for (int at = 0; at < arcs.size() && distinct.size() < most; at++) {
      int arc = arcs.get(at);
      if (distinct.stream().noneMatch(other -> isSame(arc, other))) {
        distinct.add(arc);
        marks[arc] = true;
      }
    }
  }

  private boolean isSame(int one, int other) {
    if (problem.graph.to(one) != problem.graph.to(other)
        || problem.objective[one] != problem.objective[other]) {
      return false;
    }
    for (double[] coefficients : problem.constraints.coefficients) {
      if (coefficients[one] != coefficients[other]) {
        return false;
      }
    }
    return true;
  }
}
