package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * Which of several architectures of tied scores to take: the one of least cost.
 *
 * @param cost the cost to minimize
 * @param standardErrors scores count as tied when they are no further from the best than this many
 *     standard errors of the best architecture's score; 0 for equal scores only
 */
public record TieBreak(String cost, double standardErrors) {
  /** Equal sums added in another order differ by less than this share. */
  private static final double ROUNDING = 1e-12;

  /** Checks the number. */
  public TieBreak {
    checkArgument(
        standardErrors >= 0 && standardErrors < Double.POSITIVE_INFINITY,
        "standardErrors (%s) must be a finite number, not negative",
        standardErrors);
  }

  /** Returns the score up to which another architecture counts as tied with the best one. */
  double tiedUpTo(Solution best) {
    double rounding = ROUNDING * Math.abs(best.score());
    return best.score() + Math.max(rounding, standardErrors * best.standardError());
  }
}
