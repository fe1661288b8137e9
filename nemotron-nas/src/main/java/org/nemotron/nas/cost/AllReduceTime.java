package org.nemotron.nas.cost;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How long the sum over all GPUs takes, as a straight line over its size. Immutable.
 *
 * @param latencyNanos of the smallest sum
 * @param busBytesPerSecond what a link carries, each byte counted as often as it must cross ({@code
 *     2 * (degree - 1) / degree} times)
 */
public record AllReduceTime(double latencyNanos, double busBytesPerSecond) {
  /** Checks that both are positive. */
  public AllReduceTime {
    checkArgument(latencyNanos >= 0, "latencyNanos (%s) must not be negative", latencyNanos);
    checkArgument(
        busBytesPerSecond > 0, "busBytesPerSecond (%s) must be positive", busBytesPerSecond);
  }

  /** Returns the time for {@code bytes} on each of {@code degree} GPUs; none for one. */
  public double nanos(double bytes, int degree) {
    return degree == 1
        ? 0
        : latencyNanos + 2.0 * (degree - 1) / degree * bytes / busBytesPerSecond * 1e9;
  }
}
