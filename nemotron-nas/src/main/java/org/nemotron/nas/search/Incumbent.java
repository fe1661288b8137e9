package org.nemotron.nas.search;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Optional;

/** The best path found so far; every path is checked exactly before it is believed. */
final class Incumbent {
  /** An improvement below this share of the objective's size is rounding. */
  private static final double ROUNDING = 1e-12;

  private final LayerGraph network;
  private final double relativeGap;
  private Optional<Path> path = Optional.empty();
  private double score = Double.POSITIVE_INFINITY;
  private boolean narrowMiss;

  Incumbent(LayerGraph network) {
    this(network, 0);
  }

  /**
   * @param relativeGap improvements below this share of the score are of no interest
   */
  Incumbent(LayerGraph network, double relativeGap) {
    this.network = network;
    this.relativeGap = relativeGap;
  }

  /** Takes a path when it meets every row exactly and is better; returns whether it did. */
  @CanIgnoreReturnValue
  boolean offer(Path offered) {
    if (!network.allows(offered)) {
      narrowMiss = true;
      return false;
    }
    double offeredScore = network.score(offered);
    if (offeredScore >= score) {
      return false;
    }
    path = Optional.of(offered);
    score = offeredScore;
    return true;
  }

  Optional<Path> path() {
    return path;
  }

  double score() {
    return score;
  }

  /** Returns whether a path met the widened rows but not the exact ones. */
  boolean narrowMiss() {
    return narrowMiss;
  }

  /** Returns what a path of {@code core} must be below to be an improvement. */
  double cutoff(ReducedProblem core) {
    double scaled = score * core.scale;
    return path.isEmpty() ? scaled : scaled - Math.max(rounding(scaled), tolerated(scaled));
  }

  /**
   * Returns the relative gap times an objective, a little less so that rounding never exceeds it.
   */
  private double tolerated(double objective) {
    return Math.max(0, relativeGap * Math.abs(objective) - 2 * Math.ulp(objective));
  }

  /** Returns the score below which a path would be a worthwhile improvement. */
  double interesting() {
    return path.isEmpty() ? score : score - tolerated(score);
  }

  /** Returns by how much sums of the size of {@code objective} may differ by rounding. */
  static double rounding(double objective) {
    return ROUNDING * Math.max(1, Math.abs(objective));
  }
}
