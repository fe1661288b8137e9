package org.nemotron.nas.search;

/** Multipliers of the rows of a {@link Core}, and the bound they prove. */
final class Dual {
  /** No path that meets the rows has a lower objective. */
  final double bound;

  /** By row, not negative. */
  final double[] multipliers;

  Dual(double bound, double[] multipliers) {
    this.bound = bound;
    this.multipliers = multipliers;
  }

  /** Returns what multipliers prove about a core. */
  static Dual at(Core core, double[] multipliers) {
    double shortest = core.shortestToEnd(core.charged(multipliers))[0];
    return new Dual(shortest - core.charge(multipliers), multipliers);
  }

  /** Returns how far above the bound each arc lifts the cheapest path through it. */
  double[] detours(Core core) {
    double[] lengths = core.charged(multipliers);
    double[] start = core.shortestFromStart(lengths);
    double[] end = core.shortestToEnd(lengths);
    double[] detours = new double[lengths.length];
    for (int arc = 0; arc < detours.length; arc++) {
      detours[arc] = start[core.from[arc]] + lengths[arc] + end[core.to[arc]] - end[0];
    }
    return detours;
  }
}
