package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;

/** Multipliers of the rows of a {@link ReducedProblem}, and the bound they prove. */
final class Multipliers {
  /** No path that meets the rows has a lower objective. */
  final double bound;

  /** By row, not negative. */
  final double[] multipliers;

  /**
   * Paths, as arcs of the core, that mixed together meet the rows at the price of the bound; none
   * when the multipliers are not the best there are.
   */
  final ImmutableList<int[]> mixture;

  /** The share of each path in the mixture. */
  final double[] shares;

  Multipliers(double bound, double[] multipliers, ImmutableList<int[]> mixture, double[] shares) {
    this.bound = bound;
    this.multipliers = multipliers;
    this.mixture = mixture;
    this.shares = shares;
  }

  /** Returns what multipliers prove about a core. */
  static Multipliers at(ReducedProblem core, double[] multipliers) {
    double shortest = core.shortestToEnd(core.charged(multipliers))[0];
    double bound = core.offset + shortest - core.charge(multipliers);
    return new Multipliers(bound, multipliers, ImmutableList.of(), new double[0]);
  }

  /** Returns how far above the bound each arc lifts the cheapest path through it. */
  double[] detours(ReducedProblem core) {
    double[] lengths = core.charged(multipliers);
    double[] start = core.shortestFromStart(lengths);
    double[] end = core.shortestToEnd(lengths);
    double[] detours = new double[lengths.length];
    for (int arc = 0; arc < detours.length; arc++) {
      detours[arc] = start[core.from[arc]] + lengths[arc] + end[core.to[arc]] - end[0];
    }
    return detours;
  }

  /** Returns the share of each arc in the mixture. */
  double[] arcShares(ReducedProblem core) {
    double[] arcShares = new double[core.arcs()];
    for (int i = 0; i < shares.length; i++) {
      for (int arc : mixture.get(i)) {
        arcShares[arc] += shares[i];
      }
    }
    return arcShares;
  }
}
