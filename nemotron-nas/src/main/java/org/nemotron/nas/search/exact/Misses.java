package org.nemotron.nas.search.exact;

import java.util.Arrays;

/**
 * The least objectives of paths that satisfied the widened constraints of a labeling but not the
 * exact ones.
 *
 * <p>Where a node keeps one label of those that tie, a dropped path has at least one kept path that
 * is no worse and ties with it: unless that one satisfies the constraints, it is among these. Where
 * a node keeps several copies, so many are among these. Hence the dropped path's objective is no
 * less than that of the last of as many misses as there are copies.
 */
final class Misses {
  private final double[] least;

  /**
   * @param ties how many labels that tie a node keeps; where it keeps all, misses prove nothing
   */
  Misses(Ties ties) {
    this.least = new double[ties.strict() ? 0 : ties.copies()];
    Arrays.fill(least, Double.POSITIVE_INFINITY);
  }

  void add(double objective) {
    int place = least.length - 1;
    if (place < 0 || objective >= least[place]) {
      return;
    }
    while (place > 0 && least[place - 1] > objective) {
      least[place] = least[place - 1];
      place--;
    }
    least[place] = objective;
  }

  /** Returns a bound on every better path that was dropped because it ties with others. */
  double bound() {
    return least.length == 0 ? Double.POSITIVE_INFINITY : least[least.length - 1];
  }
}
