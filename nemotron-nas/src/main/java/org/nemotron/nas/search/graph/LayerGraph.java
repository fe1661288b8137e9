package org.nemotron.nas.search.graph;

import java.util.Arrays;

/**
 * The boundaries before, between and after the layers as nodes, and what can stand between two of
 * them as arcs. Immutable.
 *
 * <p>Nodes are numbered in layer order; an alternative that covers k layers from layer i on is an
 * arc from node i to node i + k. Arcs are sorted by the node where they start. There is no cycle,
 * so one pass over the arcs finds the shortest paths.
 */
public final class LayerGraph {
  private final int[] from;
  private final int[] to;

  /** The arcs that start in node i are firstArc[i] to firstArc[i + 1] - 1. */
  private final int[] firstArc;

  /** Keeps the arrays: no caller in this package modifies them afterwards. */
  LayerGraph(int[] from, int[] to, int[] firstArc) {
    this.from = from;
    this.to = to;
    this.firstArc = firstArc;
  }

  /**
   * Returns the graph of these arcs.
   *
   * @param from the node where each arc starts, ascending
   * @param to the node where each arc ends, a later one
   * @param lastNode the node where every path ends
   */
  public static LayerGraph of(int[] from, int[] to, int lastNode) {
    return new LayerGraph(from.clone(), to.clone(), firstArcs(from, lastNode));
  }

  /** Returns the first arc of each node, and the number of arcs, when arcs start in these nodes. */
  static int[] firstArcs(int[] from, int lastNode) {
    int[] first = new int[lastNode + 1];
    for (int node : from) {
      first[node + 1]++;
    }
    for (int node = 0; node < lastNode; node++) {
      first[node + 1] += first[node];
    }
    return first;
  }

  /** Returns the node where every path ends; paths start in node 0. */
  public int lastNode() {
    return firstArc.length - 1;
  }

  /** Returns the number of arcs. */
  public int arcs() {
    return to.length;
  }

  /** Returns the node where an arc starts. */
  public int from(int arc) {
    return from[arc];
  }

  /** Returns the node where an arc ends. */
  public int to(int arc) {
    return to[arc];
  }

  /** Returns the first of the arcs that start in a node. */
  public int firstArc(int node) {
    return firstArc[node];
  }

  /** Returns the arc after the last one that starts in a node. */
  public int endArc(int node) {
    return firstArc[node + 1];
  }

  /** Returns the greatest number of nodes that an arc advances. */
  public int longestArc() {
    int longest = 1;
    for (int arc = 0; arc < to.length; arc++) {
      longest = Math.max(longest, to[arc] - from[arc]);
    }
    return longest;
  }

  /** Returns the graph of the same nodes that has only these arcs, given in ascending order. */
  public LayerGraph keeping(int[] arcs) {
    int[] newFrom = Elements.at(from, arcs);
    return new LayerGraph(newFrom, Elements.at(to, arcs), firstArcs(newFrom, lastNode()));
  }

  /** Returns the graph in which nodes that a single arc joins on every path are one node. */
  public Contraction contraction() {
    return Contraction.of(this);
  }

  /** Returns the arcs in the order in which {@link #reversed} has them. */
  public int[] reversedOrder() {
    int[] next = firstArcs(reversedEnds(), lastNode());
    int[] order = new int[arcs()];
    for (int arc = 0; arc < order.length; arc++) {
      order[next[lastNode() - to[arc]]++] = arc;
    }
    return order;
  }

  /** Returns, of each arc, the node where it starts once it is reversed. */
  private int[] reversedEnds() {
    int[] ends = new int[arcs()];
    for (int arc = 0; arc < ends.length; arc++) {
      ends[arc] = lastNode() - to[arc];
    }
    return ends;
  }

  /**
   * Returns the graph with every arc reversed; its first node is the last one of this graph.
   *
   * @param order {@link #reversedOrder}
   */
  public LayerGraph reversed(int[] order) {
    int[] newTo = new int[arcs()];
    for (int i = 0; i < order.length; i++) {
      newTo[i] = lastNode() - from[order[i]];
    }
    int[] newFrom = Elements.at(reversedEnds(), order);
    return new LayerGraph(newFrom, newTo, firstArcs(newFrom, lastNode()));
  }

  /**
   * Returns the least sum of lengths from every node to the last one, infinite where no path leads
   * there.
   *
   * @param lengths one per arc
   */
  public double[] shortestToEnd(double[] lengths) {
    double[] shortest = new double[firstArc.length];
    for (int node = lastNode() - 1; node >= 0; node--) {
      double least = Double.POSITIVE_INFINITY;
      for (int arc = firstArc[node]; arc < firstArc[node + 1]; arc++) {
        least = Math.min(least, lengths[arc] + shortest[to[arc]]);
      }
      shortest[node] = least;
    }
    return shortest;
  }

  /**
   * Returns the greatest sum of lengths from every node to the last one, minus infinity where no
   * path leads there.
   *
   * @param lengths one per arc
   */
  public double[] longestToEnd(double[] lengths) {
    double[] longest = new double[firstArc.length];
    for (int node = lastNode() - 1; node >= 0; node--) {
      double greatest = Double.NEGATIVE_INFINITY;
      for (int arc = firstArc[node]; arc < firstArc[node + 1]; arc++) {
        greatest = Math.max(greatest, lengths[arc] + longest[to[arc]]);
      }
      longest[node] = greatest;
    }
    return longest;
  }

  /**
   * Returns the least sum of lengths from the first node to every node, infinite where no path
   * leads there.
   *
   * @param lengths one per arc
   */
  public double[] shortestFromStart(double[] lengths) {
    double[] shortest = new double[firstArc.length];
    Arrays.fill(shortest, Double.POSITIVE_INFINITY);
    shortest[0] = 0;
    for (int arc = 0; arc < lengths.length; arc++) {
      shortest[to[arc]] = Math.min(shortest[to[arc]], shortest[from[arc]] + lengths[arc]);
    }
    return shortest;
  }

  /**
   * Returns the arcs of a shortest path.
   *
   * @param lengths one per arc
   * @param toEnd {@link #shortestToEnd} for these lengths, finite at the first node
   */
  public int[] shortestPath(double[] lengths, double[] toEnd) {
    int[] path = new int[lastNode()];
    int length = 0;
    for (int node = 0; node < lastNode(); node = to[path[length++]]) {
      path[length] = shortestArc(node, lengths, toEnd);
    }
    return length == path.length ? path : Arrays.copyOf(path, length);
  }

  private int shortestArc(int node, double[] lengths, double[] toEnd) {
    int best = firstArc[node];
    double least = Double.POSITIVE_INFINITY;
    for (int arc = firstArc[node]; arc < firstArc[node + 1]; arc++) {
      double length = lengths[arc] + toEnd[to[arc]];
      if (length < least) {
        least = length;
        best = arc;
      }
    }
    return best;
  }
}
