package org.nemotron.nas.search.exact;

import java.util.Arrays;

/** A path of a {@link ReducedProblem} under change: its arcs and its sums. */
final class PathDraft {
  private final ReducedProblem problem;

  /** What an arc adds: a run of the constraints and the objective for each arc. */
  private final double[] steps;

  private final int stride;

  /** By node: the arc that begins a shortest path to the end, -1 where none leads there. */
  private final int[] onward;

  /** By node: the arc that leaves it, -1 where the path does not pass. */
  private final int[] leaving;

  private final double[] sums;

  /**
   * Begins with a shortest path.
   *
   * @param lengths one per arc; a detour follows them back to the path
   */
  PathDraft(ReducedProblem problem, double[] lengths) {
    this.problem = problem;
    this.stride = problem.constraints.size() + 1;
    this.steps = new double[problem.arcs() * stride];
    for (int arc = 0; arc < problem.arcs(); arc++) {
      for (int i = 0; i < stride - 1; i++) {
        steps[arc * stride + i] = problem.constraints.coefficients[i][arc];
      }
      steps[arc * stride + stride - 1] = problem.objective[arc];
    }
    this.onward = onward(lengths);
    this.leaving = new int[problem.graph.lastNode()];
    this.sums = new double[stride];
    begin(onward);
  }

  private int[] onward(double[] lengths) {
    double[] toEnd = problem.graph.shortestToEnd(lengths);
    int[] first = new int[problem.graph.lastNode()];
    Arrays.fill(first, -1);
    for (int node = 0; node < first.length; node++) {
      double least = Double.POSITIVE_INFINITY;
      for (int arc = problem.graph.firstArc(node); arc < problem.graph.endArc(node); arc++) {
        double length = lengths[arc] + toEnd[problem.graph.to(arc)];
        if (length < least) {
          least = length;
          first[node] = arc;
        }
      }
    }
    return first;
  }

  /** Begins anew with the path of these arcs, by the node where each starts. */
  final void begin(int[] arcOfNode) {
    Arrays.fill(leaving, -1);
    Arrays.fill(sums, 0);
    for (int node = 0; node < leaving.length; node = problem.graph.to(leaving[node])) {
      leaving[node] = arcOfNode[node];
      add(sums, leaving[node], 1);
    }
  }

  /** Returns how many sums there are: the constraints, then the objective. */
  int size() {
    return stride;
  }

  /** Returns the sum of a constraint, or of the objective. */
  double sum(int element) {
    return sums[element];
  }

  /** Returns the arc that leaves a node, -1 where the path does not pass. */
  int leaving(int node) {
    return leaving[node];
  }

  /** Returns the arc that begins a shortest path from a node to the end. */
  int onward(int node) {
    return onward[node];
  }

  /** Returns what an arc adds to a sum. */
  double step(int arc, int element) {
    return steps[arc * stride + element];
  }

  /** Returns whether the path can take an arc instead of the one that leaves the same node. */
  boolean canTake(int arc) {
    int to = problem.graph.to(arc);
    int now = leaving[problem.graph.from(arc)];
    return now >= 0 && now != arc && (to == leaving.length || onward[to] >= 0);
  }

  /** Fills in by how much each sum changes when the path takes an arc. */
  void fillChange(int arc, double[] change) {
    int node = problem.graph.from(arc);
    int now = leaving[node];
    if (problem.graph.to(now) == problem.graph.to(arc)) {
      for (int i = 0; i < stride; i++) {
        change[i] = steps[arc * stride + i] - steps[now * stride + i];
      }
      return;
    }
    Arrays.fill(change, 0);
    add(change, arc, 1);
    int end = problem.graph.to(arc);
    while (!passes(end)) {
      add(change, onward[end], 1);
      end = problem.graph.to(onward[end]);
    }
    for (int old = node; old != end; old = problem.graph.to(leaving[old])) {
      add(change, leaving[old], -1);
    }
  }

  /** Takes an arc, and goes from its end onward until it meets the path as it was. */
  void take(int arc) {
    double[] change = new double[stride];
    fillChange(arc, change);
    int end = problem.graph.to(arc);
    while (!passes(end)) {
      end = problem.graph.to(onward[end]);
    }
    int node = problem.graph.from(arc);
    for (int old = node; old != end; ) {
      int next = problem.graph.to(leaving[old]);
      leaving[old] = -1;
      old = next;
    }
    leaving[node] = arc;
    for (int at = problem.graph.to(arc); at != end; at = problem.graph.to(onward[at])) {
      leaving[at] = onward[at];
    }
    for (int i = 0; i < stride; i++) {
      sums[i] += change[i];
    }
  }

  private boolean passes(int node) {
    return node == leaving.length || leaving[node] >= 0;
  }

  private void add(double[] to, int arc, double sign) {
    for (int i = 0; i < stride; i++) {
      to[i] += sign * steps[arc * stride + i];
    }
  }

  /** Returns the arcs of the path. */
  int[] arcs() {
    int[] arcs = new int[leaving.length];
    int length = 0;
    for (int arc : leaving) {
      if (arc >= 0) {
        arcs[length++] = arc;
      }
    }
    return Arrays.copyOf(arcs, length);
  }
}
