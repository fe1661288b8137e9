package org.nemotron.nas.search.graph;

import com.google.common.collect.ImmutableList;
import java.util.List;

/**
 * A resource-constrained shortest path problem: of the paths that satisfy every constraint, find
 * the one of least objective. Immutable.
 */
public final class PathProblem {
  private final LayerGraph graph;
  private final double[] objective;
  private final ImmutableList<Constraint> constraints;

  private PathProblem(LayerGraph graph, double[] objective, ImmutableList<Constraint> constraints) {
    this.graph = graph;
    this.objective = objective;
    this.constraints = constraints;
  }

  /**
   * Returns the problem without constraints.
   *
   * @param objective one per arc
   */
  public static PathProblem of(LayerGraph graph, double[] objective) {
    return new PathProblem(graph, objective.clone(), ImmutableList.of());
  }

  /** Returns the nodes and arcs. */
  public LayerGraph graph() {
    return graph;
  }

  /** Returns the objective of each arc, as a new array. */
  public double[] objective() {
    return objective.clone();
  }

  /** Returns the objective of an arc. */
  public double objective(int arc) {
    return objective[arc];
  }

  /** Returns the constraints, in the order in which they were added. */
  public ImmutableList<Constraint> constraints() {
    return constraints;
  }

  /** Returns the same paths and objective under these constraints. */
  public PathProblem withConstraints(List<Constraint> newConstraints) {
    return new PathProblem(graph, objective, ImmutableList.copyOf(newConstraints));
  }

  /** Returns the problem with one more constraint. */
  public PathProblem plus(Constraint constraint) {
    return withConstraints(
        ImmutableList.<Constraint>builder().addAll(constraints).add(constraint).build());
  }

  /**
   * Returns the same paths and constraints with another objective.
   *
   * @param newObjective one per arc
   */
  public PathProblem withObjective(double[] newObjective) {
    return new PathProblem(graph, newObjective.clone(), constraints);
  }

  /** Returns the constraint that a path differs from {@code other} in so many layers at least. */
  public Constraint distance(Path other, int layersApart) {
    double[] same = new double[graph.arcs()];
    for (int i = 0; i < other.length(); i++) {
      same[other.arc(i)] = graph.to(other.arc(i)) - graph.from(other.arc(i));
    }
    return Constraint.onCount("distance to an earlier solution", same)
        .upTo(graph.lastNode() - layersApart);
  }

  /** Returns the constraint that the objective is at most {@code limit}. */
  public Constraint objectiveAtMost(double limit) {
    return Constraint.onCost("score", objective, 0).upTo(limit);
  }

  /** Returns the objective of a path: its arcs added in layer order. */
  public double objective(Path path) {
    double sum = 0;
    for (int i = 0; i < path.length(); i++) {
      sum += objective[path.arc(i)];
    }
    return sum;
  }

  /** Returns whether a path satisfies every constraint, compared exactly. */
  public boolean allows(Path path) {
    for (Constraint constraint : constraints) {
      if (!constraint.allows(path)) {
        return false;
      }
    }
    return true;
  }
}
