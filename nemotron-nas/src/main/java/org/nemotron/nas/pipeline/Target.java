package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import org.nemotron.nas.pipeline.Limit.Bound;
import org.nemotron.nas.pipeline.Limit.Quantity;

/**
 * One child that a run makes. Immutable.
 *
 * @param name names its directory
 * @param limits what it must keep to, all at once
 */
public record Target(String name, ImmutableList<Limit> limits) {
  private static final ImmutableSet<String> RESERVED = ImmutableSet.of(".", "..");

  /** Checks that the name can be part of a file name. */
  public Target {
    checkNotNull(name, "a target must have a name, not null");
    checkNotNull(limits, "target %s must have limits, not null", name);
    checkArgument(
        name.matches("[A-Za-z0-9._-]+") && !RESERVED.contains(name),
        "target name (%s) must consist of letters, digits, dots, dashes and underscores",
        name);
    checkArgument(!limits.isEmpty(), "target %s must have at least one limit", name);
  }

  /** Returns the target that keeps to {@code limits}. */
  public static Target of(String name, Limit... limits) {
    return new Target(name, ImmutableList.copyOf(limits));
  }

  /** Returns the target of at least {@code factor} times the parent's throughput. */
  public static Target speedup(String name, double factor) {
    return of(name, new Limit(Quantity.SPEEDUP, Bound.AT_LEAST, factor));
  }

  /** Returns the same, with a name such as {@code 1.5x} or {@code 2x}. */
  public static Target speedup(double factor) {
    String number = factor == Math.rint(factor) ? Long.toString((long) factor) : factor + "";
    return speedup(number + "x", factor);
  }

  /** Checks that nothing is limited but what this library measures. */
  void checkMeasured() {
    for (Limit limit : limits) {
      checkArgument(
          limit.cost().isEmpty(),
          "target %s: quantity (%s) must be one of %s, or the cost of a file in inputs.ownCosts",
          name,
          limit.cost(),
          Limit.Quantity.MEASURED);
    }
  }

  /** Returns the target in words. */
  public String goal() {
    return String.join(" and ", limits.stream().map(Limit::toString).toList());
  }
}
