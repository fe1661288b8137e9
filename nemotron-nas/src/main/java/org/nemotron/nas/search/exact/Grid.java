package org.nemotron.nas.search.exact;

/**
 * The whole numbers, or decimals of few places, that all sums of some values are multiples of.
 *
 * <p>What people write into tables is mostly rounded. Then no sum lies between two multiples: a
 * bound may be raised to the next one, and a limit lowered.
 *
 * @param step the greatest number that divides all values, up to their rounding; 0 when there is
 *     none worth knowing
 * @param exact whether the values are whole numbers, so that their sums are not rounded
 */
record Grid(double step, boolean exact) {
  /** Sums of which nothing is known. */
  static final Grid NONE = new Grid(0, false);

  private static final int MOST_PLACES = 6;

  /** Sums of so many times less whole numbers are exact. */
  private static final double MOST_MULTIPLES = 1L << 40;

  /** How far from a multiple a single value may lie, in units of its last decimal. */
  private static final double VALUE_ROUNDING = 1e-11;

  /** How far from a multiple a sum may lie by rounding, in units of the step. */
  private static final double ROUNDING = 1e-6;

  /** Returns the grid of the sums of some values. */
  static Grid of(double[] values) {
    double factor = 1;
    for (int places = 0; places <= MOST_PLACES; places++, factor *= 10) {
      long divisor = divisor(values, factor);
      if (divisor > 0) {
        return new Grid(divisor / factor, places == 0);
      }
    }
    return NONE;
  }

  /** Returns the greatest common divisor of values times a factor; 0 if one is no whole number. */
  private static long divisor(double[] values, double factor) {
    long divisor = 0;
    for (double value : values) {
      double multiple = value * factor;
      double whole = Math.rint(multiple);
      if (Math.abs(whole) > MOST_MULTIPLES || !isWhole(multiple, whole, factor)) {
        return 0;
      }
      divisor = divisor(divisor, (long) Math.abs(whole));
    }
    return divisor;
  }

  private static boolean isWhole(double multiple, double whole, double factor) {
    return factor == 1
        ? multiple == whole
        : Math.abs(multiple - whole) <= VALUE_ROUNDING + 2 * Math.ulp(whole);
  }

  private static long divisor(long one, long other) {
    return other == 0 ? one : divisor(other, one % other);
  }

  /** Returns the same grid of values times a power of two. */
  Grid times(double factor) {
    return new Grid(step * factor, exact);
  }

  /** Returns the least sum that is no less than a bound, or the bound where sums are not known. */
  double raised(double bound) {
    return isUseful(bound) ? Math.max(bound, Math.ceil(bound / step - ROUNDING) * step) : bound;
  }

  /**
   * Returns the greatest sum within a limit, or the limit where that is not certain.
   *
   * @param fixed what is added to every sum
   */
  double lowered(double limit, double fixed) {
    if (!isUseful(limit) || !isUseful(fixed)) {
      return limit;
    }
    if (exact && fixed == Math.rint(fixed)) {
      return fixed + Math.floor((Math.floor(limit) - fixed) / step) * step;
    }
    double multiples = (limit - fixed) / step;
    return Math.abs(multiples - Math.rint(multiples)) < ROUNDING
        ? limit
        : fixed + Math.floor(multiples) * step;
  }

  /** Returns by how much a lesser sum is less at the least, without what rounding may take. */
  double lessThanStep() {
    return step * (1 - ROUNDING);
  }

  private boolean isUseful(double value) {
    return step > 0 && Math.abs(value) < MOST_MULTIPLES * step;
  }
}
