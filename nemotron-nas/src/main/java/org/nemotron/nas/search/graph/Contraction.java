package org.nemotron.nas.search.graph;

/**
 * A graph in which every pair of neighboring nodes is merged that all paths join by the same single
 * arc.
 *
 * <p>Such an arc is forced. Once its objective and coefficients are added to the constants of the
 * problem, the arc and one node are not needed any more.
 */
public final class Contraction {
  private final LayerGraph graph;
  private final int[] merged; // the new number of each node
  private final boolean[] forced; // whether the arc that starts in this node is forced
  private final int lastNode;

  private Contraction(LayerGraph graph, int[] merged, boolean[] forced, int lastNode) {
    this.graph = graph;
    this.merged = merged;
    this.forced = forced;
    this.lastNode = lastNode;
  }

  /** Merges all nodes that can be merged; of a graph that is a single path, one arc stays. */
  static Contraction of(LayerGraph graph) {
    int[] merged = new int[graph.lastNode() + 1];
    boolean[] forced = new boolean[graph.lastNode()];
    int furthest = 0;
    int nodes = 0;
    for (int node = 0; node < graph.lastNode(); node++) {
      merged[node] = nodes;
      int first = graph.firstArc(node);
      int end = graph.endArc(node);
      boolean alone = end - first == 1 && furthest <= node && graph.to(first) == node + 1;
      forced[node] = alone && (nodes > 0 || node < graph.lastNode() - 1);
      nodes += forced[node] ? 0 : 1;
      for (int arc = first; arc < end; arc++) {
        furthest = Math.max(furthest, graph.to(arc));
      }
    }
    merged[graph.lastNode()] = nodes;
    return new Contraction(graph, merged, forced, nodes);
  }

  /** Returns whether no nodes were merged. */
  public boolean isEmpty() {
    return lastNode == graph.lastNode();
  }

  /** Returns whether every path has an arc, so that its nodes are merged. */
  public boolean isForced(int arc) {
    return forced[graph.from(arc)];
  }

  /** Returns the arcs that are not forced, ascending. */
  public int[] keptArcs() {
    int[] kept = new int[graph.arcs() - (graph.lastNode() - lastNode)];
    int next = 0;
    for (int arc = 0; arc < graph.arcs(); arc++) {
      if (!isForced(arc)) {
        kept[next++] = arc;
      }
    }
    return kept;
  }

  /** Returns the graph of the merged nodes and the kept arcs. */
  public LayerGraph contracted() {
    int[] kept = keptArcs();
    int[] from = new int[kept.length];
    int[] to = new int[kept.length];
    for (int i = 0; i < kept.length; i++) {
      from[i] = merged[graph.from(kept[i])];
      to[i] = merged[graph.to(kept[i])];
    }
    return new LayerGraph(from, to, LayerGraph.firstArcs(from, lastNode));
  }
}
