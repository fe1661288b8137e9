package org.nemotron.runtime.jinja;

/**
 * The work that one rendering may still do: a unit for each node of the template that is evaluated,
 * each round of a loop, and each {@value #WEIGHT_PER_UNIT} characters or elements that an operation
 * reads. All of it takes up to a few seconds.
 */
final class Budget {
  private static final long UNITS = 1L << 24;
  private static final int WEIGHT_PER_UNIT = 16;

  /** So deep may calls of macros and loops lie within each other. */
  private static final int MAX_DEPTH = 200;

  private long left = UNITS;
  private int depth = 0;

  /** Spends one unit. */
  void spend() {
    if (--left < 0) {
      throw new JinjaException("the template works for too long: more than " + UNITS + " steps");
    }
  }

  /** Spends what reading a value of {@code weight} costs. */
  void spend(long weight) {
    left -= weight / WEIGHT_PER_UNIT;
    spend();
  }

  /** Enters a call. */
  void enter() {
    if (++depth > MAX_DEPTH) {
      throw new JinjaException("calls are nested more than " + MAX_DEPTH + " deep");
    }
  }

  /** Leaves a call. */
  void leave() {
    depth--;
  }
}
