package org.nemotron.nas.search.exact;

import java.util.Arrays;

/**
 * Rounds the linear relaxation to a path: from node to node takes the arc after which the sums so
 * far are nearest to those of the relaxation, so that what one arc takes too much the next ones
 * take less.
 */
final class Rounding {
  private final ReducedProblem problem;
  private final Multipliers relaxed;
  private final PathDraft draft;

  Rounding(ReducedProblem problem, Multipliers relaxed, PathDraft draft) {
    this.problem = problem;
    this.relaxed = relaxed;
    this.draft = draft;
  }

  /** Returns, by node of the path, the arc that leaves it. */
  int[] arcOfNode() {
    int nodes = problem.graph.lastNode();
    double[][] profile = profile();
    double[] arcWeights = relaxed.arcWeights(problem);
    double[] sums = new double[draft.size()];
    int[] chosen = new int[nodes];
    for (int node = 0; node < nodes; node = problem.graph.to(chosen[node])) {
      chosen[node] = nearest(node, sums, profile, arcWeights);
      for (int i = 0; i < sums.length; i++) {
        sums[i] += draft.step(chosen[node], i);
      }
    }
    return chosen;
  }

  private int nearest(int node, double[] sums, double[][] profile, double[] arcWeights) {
    int best = draft.onward(node);
    double least = Double.POSITIVE_INFINITY;
    for (int arc = problem.graph.firstArc(node); arc < problem.graph.endArc(node); arc++) {
      if (arcWeights[arc] <= 0) {
        continue;
      }
      double[] target = profile[problem.graph.to(arc)];
      double distance = 0;
      for (int i = 0; i < sums.length - 1; i++) {
        double away = sums[i] + draft.step(arc, i) - target[i];
        distance += away * away;
      }
      if (distance < least) {
        least = distance;
        best = arc;
      }
    }
    return best;
  }

  /** Returns, by node, the mean sums with which paths of the relaxation that pass it reach it. */
  private double[][] profile() {
    int nodes = problem.graph.lastNode() + 1;
    double[][] profile = new double[nodes][draft.size()];
    double[] passing = new double[nodes];
    double[] sums = new double[draft.size()];
    for (int path = 0; path < relaxed.weights.length; path++) {
      Arrays.fill(sums, 0);
      for (int arc : relaxed.paths.get(path)) {
        int to = problem.graph.to(arc);
        passing[to] += relaxed.weights[path];
        for (int i = 0; i < sums.length; i++) {
          sums[i] += draft.step(arc, i);
          profile[to][i] += relaxed.weights[path] * sums[i];
        }
      }
    }
    for (int node = 0; node < nodes; node++) {
      for (int i = 0; passing[node] > 0 && i < sums.length; i++) {
        profile[node][i] /= passing[node];
      }
    }
    return profile;
  }
}
