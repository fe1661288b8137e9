package org.nemotron.nas.search.exact;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import org.nemotron.nas.search.graph.Path;

/** A node of the branch-and-bound tree: the paths with certain arcs only, and their bounds. */
final class BranchNode {
  /** The arcs of the whole problem that paths may have, ascending. */
  final int[] arcs;

  /** Good multipliers, by constraint of the whole problem; none for constraints added later. */
  final double[] multipliers;

  /** Paths of which a convex combination satisfied the constraints known at that time. */
  final ImmutableList<Path> paths;

  /** A lower bound on the scaled objective of every path that satisfies the constraints. */
  final double floor;

  /** The path whose objective is the floor; empty when none is known. */
  final Optional<Path> best;

  BranchNode(
      int[] arcs,
      double[] multipliers,
      ImmutableList<Path> paths,
      double floor,
      Optional<Path> best) {
    this.arcs = arcs;
    this.multipliers = multipliers;
    this.paths = paths;
    this.floor = floor;
    this.best = best;
  }

  /** Returns about how much memory this node takes, in bytes. */
  long bytes() {
    long bytes =
        100 + (long) Integer.BYTES * arcs.length + (long) Double.BYTES * multipliers.length;
    for (Path path : paths) {
      bytes += 100 + (long) Integer.BYTES * path.length();
    }
    return bytes;
  }

  /** Returns the root: these arcs, and nothing known but the floor. */
  static BranchNode root(int arcs, double floor) {
    int[] all = new int[arcs];
    for (int arc = 0; arc < arcs; arc++) {
      all[arc] = arc;
    }
    return new BranchNode(all, new double[0], ImmutableList.of(), floor, Optional.empty());
  }
}
