package org.nemotron.nas.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.nemotron.nas.search.graph.Constraint;
import org.nemotron.nas.search.graph.LayerGraph;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;

/** Finds a random path that satisfies every constraint: random changes that violate no more. */
final class RandomWalk {
  private static final int STEPS_PER_LAYER = 500;
  private static final int LONGEST_STRETCH = 3;

  private final PathProblem problem;
  private final LayerGraph graph;
  private final RandomGenerator random;

  /** By node, then by later node: whether arcs lead from one to the other. */
  private final boolean[][] reaches;

  RandomWalk(PathProblem problem, RandomGenerator random) {
    this.problem = problem;
    this.graph = problem.graph();
    this.random = random;
    this.reaches = reachability(graph);
  }

  /** Returns a random path that fits, empty when none was found. */
  Optional<Path> path() {
    List<Integer> arcs = stretch(0, graph.lastNode());
    double violation = violation(arcs);
    for (int i = 0; violation > 0 && i < STEPS_PER_LAYER * graph.lastNode(); i++) {
      List<Integer> changed = changed(arcs);
      double changedViolation = violation(changed);
      if (changedViolation <= violation) {
        arcs = changed;
        violation = changedViolation;
      }
    }
    return violation > 0 ? Optional.empty() : Optional.of(path(arcs));
  }

  /** Returns the arcs with a short stretch of them drawn anew. */
  private List<Integer> changed(List<Integer> arcs) {
    int first = random.nextInt(arcs.size());
    int last = Math.min(arcs.size() - 1, first + random.nextInt(LONGEST_STRETCH));
    List<Integer> changed = new ArrayList<>(arcs.subList(0, first));
    changed.addAll(stretch(graph.from(arcs.get(first)), graph.to(arcs.get(last))));
    changed.addAll(arcs.subList(last + 1, arcs.size()));
    return changed;
  }

  /** Returns random arcs from one node to another. */
  private List<Integer> stretch(int from, int to) {
    List<Integer> arcs = new ArrayList<>();
    for (int node = from; node < to; node = graph.to(arcs.get(arcs.size() - 1))) {
      List<Integer> possible = new ArrayList<>();
      for (int arc = graph.firstArc(node); arc < graph.endArc(node); arc++) {
        if (reaches[graph.to(arc)][to]) {
          possible.add(arc);
        }
      }
      arcs.add(possible.get(random.nextInt(possible.size())));
    }
    return arcs;
  }

  /** Returns how far the constraints are violated, each relative to its own size. */
  private double violation(List<Integer> arcs) {
    Path path = path(arcs);
    double violation = 0;
    for (Constraint constraint : problem.constraints()) {
      double value = constraint.value(path);
      double excess =
          Math.max(0, Math.max(value - constraint.atMost(), constraint.atLeast() - value));
      violation += excess / Math.max(Math.abs(value), Double.MIN_NORMAL);
    }
    return violation;
  }

  private static Path path(List<Integer> arcs) {
    return Path.of(arcs.stream().mapToInt(Integer::intValue).toArray());
  }

  private static boolean[][] reachability(LayerGraph graph) {
    boolean[][] reaches = new boolean[graph.lastNode() + 1][graph.lastNode() + 1];
    reaches[graph.lastNode()][graph.lastNode()] = true;
    for (int node = graph.lastNode() - 1; node >= 0; node--) {
      reaches[node][node] = true;
      for (int arc = graph.firstArc(node); arc < graph.endArc(node); arc++) {
        for (int to = node + 1; to <= graph.lastNode(); to++) {
          reaches[node][to] |= reaches[graph.to(arc)][to];
        }
      }
    }
    return reaches;
  }
}
