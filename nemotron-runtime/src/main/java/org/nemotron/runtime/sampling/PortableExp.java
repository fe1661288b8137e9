package org.nemotron.runtime.sampling;

/**
 * {@code exp(x)} for x up to 0, the same on every machine, which {@link Math#exp} does not promise.
 *
 * <p>x is {@code (k + j / 1024) ln 2 + r} with |r| at most {@code ln 2 / 2048}: a table holds the
 * powers of two in steps of 1/1024, a polynomial of degree 3 does the rest, k goes to the exponent.
 * The relative error is below 3e-14, mostly that of ln 2 times k; below exp(-700) it returns 0. A
 * sampled token takes one of each logit, and this takes half the time of {@link Math#exp}.
 */
final class PortableExp {
  private static final int BITS = 10;
  private static final int STEPS = 1 << BITS;
  private static final double STEPS_PER_UNIT = STEPS / Math.log(2);

  /** {@code ln 2 / 1024} in two parts, of which any number of steps times the first is exact. */
  private static final double STEP = (float) (Math.log(2) / STEPS);

  private static final double STEP_REST = Math.log(2) / STEPS - STEP;

  private static final double SMALLEST = -700;
  private static final double[] POWERS = new double[STEPS];

  static {
    for (int j = 0; j < STEPS; j++) {
      POWERS[j] = StrictMath.pow(2, j / (double) STEPS);
    }
  }

  private PortableExp() {}

  /** Returns {@code exp(x)}. */
  static double of(double x) {
    if (x < SMALLEST) {
      return 0;
    }
    int steps = (int) (x * STEPS_PER_UNIT - 0.5); // the nearest, since x is not positive
    double rest = (x - steps * STEP) - steps * STEP_REST;
    double grown = POWERS[steps & (STEPS - 1)] * (1 + rest * (1 + rest * (0.5 + rest / 6)));
    return grown * Double.longBitsToDouble(((steps >> BITS) + 1023L) << 52);
  }
}
