package org.nemotron.nas.search;

/** The standard normal distribution. */
final class NormalDistribution {
  private static final double FAR = 38;

  private NormalDistribution() {}

  /**
   * Returns the probability of a value below {@code x}, to about 1e-15.
   *
   * <p>Formula: 1/2 + density(x) (x + x³/3 + x⁵/(3·5) + …) near zero; in the tail, where that
   * series would cancel, the continued fraction of the Mills ratio. Source: Marsaglia, Evaluating
   * the normal distribution, 2004.
   */
  static double below(double x) {
    if (x > FAR || x < -FAR) {
      return x > 0 ? 1 : 0;
    }
    double density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    return Math.abs(x) < 5 ? 0.5 + density * series(x) : tail(x, density);
  }

  private static double series(double x) {
    double term = x;
    double sum = x;
    for (int i = 3; Math.abs(term) > 1e-17 * Math.abs(sum) && i < 400; i += 2) {
      term *= x * x / i;
      sum += term;
    }
    return sum;
  }

  private static double tail(double x, double density) {
    double distance = Math.abs(x);
    double fraction = distance;
    for (int i = 60; i > 0; i--) {
      fraction = distance + i / fraction;
    }
    double beyond = density / fraction;
    return x > 0 ? 1 - beyond : beyond;
  }
}
