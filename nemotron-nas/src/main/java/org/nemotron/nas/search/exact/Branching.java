package org.nemotron.nas.search.exact;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Chooses the arc to branch on: one branch has it, the other has its rivals of the same node. */
final class Branching {
  /** How many arcs to try. */
  private static final int MOST_TRIED = 6;

  /** How many paths to find in a trial: bounds are compared here, not proven. */
  private static final int MOST_PATHS = 15;

  private static final double PRECISION = 1e-6;

  /** Keeps the product of two gains from being decided by one that is zero. */
  private static final double LEAST_GAIN = 1e-6;

  private final ReducedProblem problem;
  private final Multipliers best;
  private final double enough;

  /**
   * @param best the best multipliers
   * @param enough the bound from which on a branch is done
   */
  Branching(ReducedProblem problem, Multipliers best, double enough) {
    this.problem = problem;
    this.best = best;
    this.enough = enough;
  }

  /** Returns the arc whose two branches have the bounds that rise most (strong branching). */
  int arc() {
    int chosen = 0;
    double most = Double.NEGATIVE_INFINITY;
    List<Integer> undecided = undecided();
    for (int arc : undecided.subList(0, Math.min(MOST_TRIED, undecided.size()))) {
      double gain = (gain(arc, true) + LEAST_GAIN) * (gain(arc, false) + LEAST_GAIN);
      if (gain > most) {
        most = gain;
        chosen = arc;
      }
    }
    return chosen;
  }

  /** Returns the arcs that have rivals, by how near their weight in the relaxation is to a half. */
  private List<Integer> undecided() {
    double[] weights = best.arcWeights(problem);
    List<Integer> arcs = new ArrayList<>();
    for (int arc = 0; arc < weights.length; arc++) {
      int node = problem.graph.from(arc);
      if (problem.graph.endArc(node) - problem.graph.firstArc(node) > 1) {
        arcs.add(arc);
      }
    }
    arcs.sort(Comparator.comparingDouble(arc -> Math.abs(weights[arc] - 0.5)));
    return arcs;
  }

  private double gain(int arc, boolean taken) {
    boolean[] kept = part(arc, taken);
    Multipliers raised =
        ColumnGeneration.solve(
            problem.keeping(kept), best.values, pathsOf(kept), enough, PRECISION, MOST_PATHS);
    return Math.min(enough, raised.bound) - best.bound;
  }

  /** Returns the paths of the relaxation that have kept arcs only, as arcs of the kept ones. */
  private List<int[]> pathsOf(boolean[] kept) {
    int[] places = new int[kept.length];
    int size = 0;
    for (int arc = 0; arc < kept.length; arc++) {
      places[arc] = kept[arc] ? size++ : -1;
    }
    ImmutableList.Builder<int[]> paths = ImmutableList.builder();
    for (int[] path : best.paths) {
      int[] placed = new int[path.length];
      boolean inside = true;
      for (int i = 0; i < path.length; i++) {
        placed[i] = places[path[i]];
        inside &= placed[i] >= 0;
      }
      if (inside) {
        paths.add(placed);
      }
    }
    return paths.build();
  }

  /** Marks the arcs of a branch: all without the rivals of {@code arc}, or all without the arc. */
  boolean[] part(int arc, boolean taken) {
    boolean[] kept = new boolean[problem.arcs()];
    for (int other = 0; other < kept.length; other++) {
      boolean rival = problem.graph.from(other) == problem.graph.from(arc) && other != arc;
      kept[other] = taken ? !rival : other != arc;
    }
    return kept;
  }
}
