package org.nemotron.nas.search.exact;

/** Factors that are powers of two: multiplying by one changes no rounding. */
final class Scaling {
  private Scaling() {}

  /** Returns the factor that brings the largest value to between a half and one. */
  static double ofLargest(double[] values) {
    double largest = 0;
    for (double value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest == 0 ? 1 : Math.scalb(1.0, -1 - Math.getExponent(largest));
  }

  /**
   * Returns the factor that brings three quarters of the values that are not zero below one: a
   * candidate of enormous score must not make the differences between the others vanish.
   */
  static double ofMost(double[] values) {
    int[] counts = new int[Double.MAX_EXPONENT - Double.MIN_EXPONENT + 2];
    int nonZero = 0;
    for (double value : values) {
      if (value != 0) {
        counts[Math.getExponent(value) - Double.MIN_EXPONENT + 1]++;
        nonZero++;
      }
    }
    int above = 0;
    int exponent = counts.length - 1;
    while (exponent > 0 && above + counts[exponent] <= nonZero / 4) {
      above += counts[exponent--];
    }
    return nonZero == 0 ? 1 : Math.scalb(1.0, -exponent - Double.MIN_EXPONENT);
  }

  /** Returns the values multiplied by {@code factor}. */
  static double[] times(double[] values, double factor) {
    double[] times = new double[values.length];
    for (int i = 0; i < times.length; i++) {
      times[i] = values[i] * factor;
    }
    return times;
  }
}
