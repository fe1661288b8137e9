package org.nemotron.nas.search.exact;

/**
 * Arcs that another one between the same nodes makes needless: no element of that is greater.
 *
 * <p>Worth a look where constraints are few, as in the questions that explain why nothing fits:
 * then most arcs are dominated, and many are the same.
 */
final class DominatedArcs {
  private static final int MOST_CONSTRAINTS = 2;

  /** Comparing every pair of more would take longer than it saves. */
  private static final int MOST_ARCS_OF_A_NODE = 1000;

  private DominatedArcs() {}

  /** Returns the problem without them, or as it is where there are likely few. */
  static ReducedProblem without(ReducedProblem problem) {
    if (problem.constraints.size() > MOST_CONSTRAINTS) {
      return problem;
    }
    boolean[] kept = new boolean[problem.arcs()];
    boolean all = true;
    for (int arc = 0; arc < kept.length; arc++) {
      kept[arc] = !isDominated(problem, arc);
      all &= kept[arc];
    }
    return all ? problem : problem.keeping(kept);
  }

  private static boolean isDominated(ReducedProblem problem, int arc) {
    int node = problem.graph.from(arc);
    int first = problem.graph.firstArc(node);
    int end = problem.graph.endArc(node);
    if (end - first > MOST_ARCS_OF_A_NODE) {
      return false;
    }
    for (int other = first; other < end; other++) {
      if (other != arc
          && problem.graph.to(other) == problem.graph.to(arc)
          && isNoGreater(problem, other, arc)
          && (other < arc || !isNoGreater(problem, arc, other))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isNoGreater(ReducedProblem problem, int one, int other) {
    if (problem.objective[one] > problem.objective[other]) {
      return false;
    }
    for (double[] coefficients : problem.constraints.coefficients) {
      if (coefficients[one] > coefficients[other]) {
        return false;
      }
    }
    return true;
  }
}
