package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

/**
 * Bounds on one cost of the whole architecture, fixed part included; both ends belong to the range.
 *
 * @param cost the name of the cost
 * @param atLeast the lower end, minus infinity when there is none
 * @param atMost the upper end, plus infinity when there is none
 */
public record Budget(String cost, double atLeast, double atMost) {

  /** Checks that the range is not empty and bounds something. */
  public Budget {
    checkNotNull(cost, "the cost of a budget must not be null");
    checkArgument(!cost.isEmpty(), "the cost of a budget must not be empty");
    checkArgument(
        atLeast <= atMost,
        "budget %s: atLeast (%s) must not exceed atMost (%s)",
        cost,
        atLeast,
        atMost);
    checkArgument(
        atLeast < Double.POSITIVE_INFINITY && atMost > Double.NEGATIVE_INFINITY,
        "budget %s: the range from %s to %s holds no number",
        cost,
        atLeast,
        atMost);
    checkArgument(
        Double.isFinite(atLeast) || Double.isFinite(atMost),
        "budget %s: atLeast or atMost must be given",
        cost);
  }

  /** Returns a budget from above. */
  public static Budget atMost(String cost, double limit) {
    return new Budget(cost, Double.NEGATIVE_INFINITY, limit);
  }

  /** Returns a budget from below. */
  public static Budget atLeast(String cost, double limit) {
    return new Budget(cost, limit, Double.POSITIVE_INFINITY);
  }

  /** Returns a budget from both sides. */
  public static Budget between(String cost, double low, double high) {
    return new Budget(cost, low, high);
  }

  /** Returns whether the total cost {@code value} is within this budget; compared exactly. */
  public boolean allows(double value) {
    return atLeast <= value && value <= atMost;
  }
}
