package org.nemotron.core.eval.stats;

/**
 * The tails of the normal distribution.
 *
 * <p>Near the middle by the Taylor series of the distribution function, further out by the
 * continued fraction of the tail (Laplace), evaluated from its end. Both are exact to about twelve
 * digits where they are used.
 */
final class NormalTail {
  private static final double FAR = 3;
  private static final int TERMS = 200;

  private NormalTail() {}

  /** Returns the probability of being at least {@code z} standard deviations off. */
  static double twoSided(double z) {
    double density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
    return z < FAR ? 1 - 2 * density * series(z) : 2 * density / fraction(z);
  }

  /** The area from 0 to z, divided by the density at z. */
  private static double series(double z) {
    double term = z;
    double sum = z;
    for (int k = 1; k < TERMS; k++) {
      term *= z * z / (2 * k + 1);
      sum += term;
    }
    return sum;
  }

  private static double fraction(double z) {
    double value = z;
    for (int k = TERMS; k >= 1; k--) {
      value = z + k / value;
    }
    return value;
  }
}
