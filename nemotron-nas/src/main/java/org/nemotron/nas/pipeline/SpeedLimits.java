package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import org.nemotron.nas.cost.MedianInterval;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.pipeline.Limit.Bound;
import org.nemotron.nas.report.RunSummary.CheckedLimit;
import org.nemotron.nas.report.RunSummary.LimitOutcome;

/**
 * What a target wants of the speed of whole models, held against measurements.
 *
 * <p>A limit is met if the whole interval of what was measured keeps to it, not met if none of it
 * does, and otherwise not certain.
 */
final class SpeedLimits {
  private final ImmutableList<Limit> limits;
  private final Scenario scenario;

  /**
   * Makes a check.
   *
   * @param scenario of the child
   */
  SpeedLimits(Target target, Scenario scenario) {
    this.limits =
        target.limits().stream()
            .filter(SpeedLimits::isOnSpeed)
            .collect(ImmutableList.toImmutableList());
    this.scenario = scenario;
  }

  /** Returns whether the speed of whole models matters to {@code target}. */
  static boolean concern(Target target) {
    return target.limits().stream().anyMatch(SpeedLimits::isOnSpeed);
  }

  private static boolean isOnSpeed(Limit limit) {
    return switch (limit.quantity()) {
      case SPEEDUP, TOKENS_PER_SECOND, LATENCY_MILLIS -> true;
      case PREFILL_MILLIS, MEMORY_BYTES, PARAMETERS, OWN_COST -> false;
    };
  }

  /** Returns each limit with what was measured of it. */
  ImmutableList<CheckedLimit> checked(SpeedMeasurement speed) {
    return limits.stream()
        .map(
            limit ->
                new CheckedLimit(limit.toString(), measured(limit, speed), outcome(limit, speed)))
        .collect(ImmutableList.toImmutableList());
  }

  /** Returns whether more measurements of the same spread would not change what is met. */
  boolean decided(SpeedMeasurement speed) {
    return limits.stream().noneMatch(limit -> outcome(limit, speed) == LimitOutcome.NOT_CERTAIN);
  }

  private LimitOutcome outcome(Limit limit, SpeedMeasurement speed) {
    MedianInterval measured = measured(limit, speed);
    boolean least = limit.bound() == Bound.AT_LEAST;
    if (excess(limit, speed) <= 0) {
      return LimitOutcome.MET;
    }
    return least ? beyond(limit.value(), measured.high()) : beyond(measured.low(), limit.value());
  }

  private static LimitOutcome beyond(double larger, double smaller) {
    return larger > smaller ? LimitOutcome.NOT_MET : LimitOutcome.NOT_CERTAIN;
  }

  /** Returns by what share the limit is exceeded that is kept to least; none if not positive. */
  double excess(SpeedMeasurement speed) {
    return limits.stream().mapToDouble(limit -> excess(limit, speed)).max().orElseThrow();
  }

  /** Returns by what share at most the measured lies beyond the end of its interval. */
  double uncertainty(SpeedMeasurement speed) {
    return limits.stream()
        .map(limit -> measured(limit, speed))
        .mapToDouble(one -> Math.max(one.median() / one.low(), one.high() / one.median()) - 1)
        .max()
        .orElseThrow();
  }

  private double excess(Limit limit, SpeedMeasurement speed) {
    MedianInterval measured = measured(limit, speed);
    return limit.bound() == Bound.AT_LEAST
        ? 1 - measured.low() / limit.value()
        : measured.high() / limit.value() - 1;
  }

  private MedianInterval measured(Limit limit, SpeedMeasurement speed) {
    return switch (limit.quantity()) {
      case SPEEDUP -> speed.ratio();
      case TOKENS_PER_SECOND -> speed.child();
      case LATENCY_MILLIS ->
          new MedianInterval(
              millis(speed.child().median()),
              millis(speed.child().high()),
              millis(speed.child().low()));
      case PREFILL_MILLIS, MEMORY_BYTES, PARAMETERS, OWN_COST ->
          throw new IllegalStateException(limit + " is not on speed");
    };
  }

  private double millis(double tokensPerSecond) {
    return scenario.latencyNanos(tokensPerSecond) / 1e6;
  }
}
