package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.Optional;

/** Some of the paths of a network, those that keep to certain arcs, and what is known of them. */
final class BranchNode {
  /** The arcs of the network, ascending. */
  final int[] arcs;

  /** Good prices, by row of the core of the whole network; rows demanded later have none yet. */
  final double[] multipliers;

  /** Paths whose mixture meets the rows known when the prices were found. */
  final ImmutableList<Path> mixture;

  /** No path of this cell that meets the rows has a lower objective, as the core scales it. */
  final double floor;

  /** The path whose objective is the floor; empty when there may be none. */
  final Optional<Path> best;

  BranchNode(
      int[] arcs,
      double[] multipliers,
      ImmutableList<Path> mixture,
      double floor,
      Optional<Path> best) {
    this.arcs = arcs;
    this.multipliers = multipliers;
    this.mixture = mixture;
    this.floor = floor;
    this.best = best;
  }
}
