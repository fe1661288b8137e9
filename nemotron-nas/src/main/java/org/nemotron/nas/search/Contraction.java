package org.nemotron.nas.search;

/**
 * Which nodes of a core are one because a single arc leads from each to the next and every path has
 * it.
 */
final class Contraction {
  private final ReducedProblem core;
  private final int[] place; // of each node among those that are left
  private final boolean[] joined; // with the node behind it
  private final int nodes;

  private Contraction(ReducedProblem core, int[] place, boolean[] joined, int nodes) {
    this.core = core;
    this.place = place;
    this.joined = joined;
    this.nodes = nodes;
  }

  /** Finds all that can be joined; of a core that is a single path, one arc stays. */
  static Contraction of(ReducedProblem core) {
    int[] place = new int[core.nodes + 1];
    boolean[] joined = new boolean[core.nodes];
    int furthest = 0;
    int nodes = 0;
    for (int node = 0; node < core.nodes; node++) {
      place[node] = nodes;
      int first = core.firstArc[node];
      int end = core.firstArc[node + 1];
      boolean alone = end - first == 1 && furthest <= node && core.to[first] == node + 1;
      joined[node] = alone && (nodes > 0 || node < core.nodes - 1);
      nodes += joined[node] ? 0 : 1;
      for (int arc = first; arc < end; arc++) {
        furthest = Math.max(furthest, core.to[arc]);
      }
    }
    place[core.nodes] = nodes;
    return new Contraction(core, place, joined, nodes);
  }

  /** Returns how many nodes are left. */
  int nodes() {
    return nodes;
  }

  /** Returns whether an arc lies within a node that is left. */
  boolean takesIn(int arc) {
    return joined[core.from[arc]];
  }

  /** Returns the other arcs, ascending. */
  int[] keptArcs() {
    int[] kept = new int[core.arcs() - (core.nodes - nodes)];
    int next = 0;
    for (int arc = 0; arc < core.arcs(); arc++) {
      if (!takesIn(arc)) {
        kept[next++] = arc;
      }
    }
    return kept;
  }

  /** Returns where these nodes of the core are among those that are left. */
  int[] placed(int[] of) {
    int[] placed = new int[of.length];
    for (int i = 0; i < of.length; i++) {
      placed[i] = place[of[i]];
    }
    return placed;
  }

  /** Returns the first of the kept arcs of each node, and their number. */
  int[] firstArcs(int[] kept) {
    int[] first = new int[nodes + 1];
    for (int i = 0; i < kept.length; i++) {
      first[place[core.from[kept[i]]] + 1] = i + 1;
    }
    for (int node = 0; node < nodes; node++) {
      first[node + 1] = Math.max(first[node + 1], first[node]);
    }
    return first;
  }
}
