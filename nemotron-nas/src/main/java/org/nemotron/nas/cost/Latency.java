package org.nemotron.nas.cost;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * The time that one part of a model takes in a scenario. Immutable.
 *
 * @param prefillNanos reading all prompts of the batch
 * @param decodeNanos one decode step of the batch at the scenario's mean context
 * @param prefillSpread half the distance between the quartiles of the prefill measurements, in
 *     nanoseconds
 * @param decodeSpread the same of the decode measurements
 */
public record Latency(
    double prefillNanos, double decodeNanos, double prefillSpread, double decodeSpread) {
  /** Checks that all are numbers. */
  public Latency {
    checkArgument(
        Double.isFinite(prefillNanos)
            && Double.isFinite(decodeNanos)
            && Double.isFinite(prefillSpread)
            && Double.isFinite(decodeSpread),
        "a latency must be finite: prefill %s ± %s ns, decode %s ± %s ns",
        prefillNanos,
        prefillSpread,
        decodeNanos,
        decodeSpread);
  }

  /** Nothing to do. */
  public static final Latency NONE = new Latency(0, 0, 0, 0);

  /** Returns the time for a whole scenario: one prefill and all decode steps. */
  public double scenarioNanos(Scenario scenario) {
    return prefillNanos + scenario.decodeSteps() * decodeNanos;
  }

  /** Returns the sum; spreads add as squares. */
  public Latency plus(Latency other) {
    return new Latency(
        prefillNanos + other.prefillNanos,
        decodeNanos + other.decodeNanos,
        Math.hypot(prefillSpread, other.prefillSpread),
        Math.hypot(decodeSpread, other.decodeSpread));
  }
}
