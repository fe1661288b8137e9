package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Chooses the arc on which to split a core: with it, or with its rivals of the same node. */
final class Branching {
  /** How many arcs to try. */
  private static final int MOST_TRIED = 6;

  /** How many paths to look for in a trial: bounds are compared here, not proven. */
  private static final int MOST_PATHS = 15;

  private static final double PRECISION = 1e-6;

  /** Keeps the product of two gains from being decided by one that is zero. */
  private static final double LEAST_GAIN = 1e-6;

  private final ReducedProblem core;
  private final Multipliers dual;
  private final double enough;

  /**
   * @param dual the best multipliers
   * @param enough the bound from which on a part is done with
   */
  Branching(ReducedProblem core, Multipliers dual, double enough) {
    this.core = core;
    this.dual = dual;
    this.enough = enough;
  }

  /** Returns the arc whose two parts have the bounds that rise most (strong branching). */
  int arc() {
    int best = 0;
    double most = Double.NEGATIVE_INFINITY;
    List<Integer> undecided = undecided();
    for (int arc : undecided.subList(0, Math.min(MOST_TRIED, undecided.size()))) {
      double gain = (gain(arc, true) + LEAST_GAIN) * (gain(arc, false) + LEAST_GAIN);
      if (gain > most) {
        most = gain;
        best = arc;
      }
    }
    return best;
  }

  /** Returns the arcs that have rivals, those first of which the mixture has most nearly half. */
  private List<Integer> undecided() {
    double[] shares = dual.arcShares(core);
    List<Integer> arcs = new ArrayList<>();
    for (int arc = 0; arc < shares.length; arc++) {
      int node = core.from[arc];
      if (core.firstArc[node + 1] - core.firstArc[node] > 1) {
        arcs.add(arc);
      }
    }
    arcs.sort(Comparator.comparingDouble(arc -> Math.abs(shares[arc] - 0.5)));
    return arcs;
  }

  private double gain(int arc, boolean taken) {
    boolean[] kept = part(arc, taken);
    Multipliers raised =
        ColumnGeneration.ascend(
            core.keeping(kept), dual.multipliers, mixture(kept), enough, PRECISION, MOST_PATHS);
    return Math.min(enough, raised.bound) - dual.bound;
  }

  /** Returns the paths of the mixture that keep to the arcs kept, as arcs of what is kept. */
  private List<int[]> mixture(boolean[] kept) {
    int[] places = new int[kept.length];
    int size = 0;
    for (int arc = 0; arc < kept.length; arc++) {
      places[arc] = kept[arc] ? size++ : -1;
    }
    ImmutableList.Builder<int[]> mixture = ImmutableList.builder();
    for (int[] path : dual.mixture) {
      int[] placed = new int[path.length];
      boolean keeps = true;
      for (int i = 0; i < path.length; i++) {
        placed[i] = places[path[i]];
        keeps &= placed[i] >= 0;
      }
      if (keeps) {
        mixture.add(placed);
      }
    }
    return mixture.build();
  }

  /** Marks the arcs without the rivals of {@code arc}, or without the arc itself. */
  boolean[] part(int arc, boolean taken) {
    boolean[] kept = new boolean[core.arcs()];
    for (int other = 0; other < kept.length; other++) {
      boolean rival = core.from[other] == core.from[arc] && other != arc;
      kept[other] = taken ? !rival : other != arc;
    }
    return kept;
  }
}
