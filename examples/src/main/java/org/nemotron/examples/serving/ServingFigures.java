package org.nemotron.examples.serving;

import com.google.common.collect.ImmutableList;

/**
 * What was measured of one model. Immutable.
 *
 * @param model its directory
 * @param parameters how many it has
 * @param scenarios one per pair of lengths
 * @param curve one per batch size
 * @param loads one per rate of arrivals
 */
record ServingFigures(
    String model,
    long parameters,
    ImmutableList<ScenarioSpeed> scenarios,
    ImmutableList<BatchSpeed> curve,
    ImmutableList<LoadLatency> loads) {

  /** Generated tokens per second of a whole batch of requests of these lengths. */
  record ScenarioSpeed(int promptTokens, int outputTokens, int batch, double tokensPerSecond) {}

  /** Generated tokens per second of all requests together, and of each by itself. */
  record BatchSpeed(int batch, double perServer, double perUser) {}

  /** Latencies, in milliseconds, under requests that arrive at random. */
  record LoadLatency(
      double requestsPerSecond,
      double firstTokenP50,
      double firstTokenP99,
      double perTokenP50,
      double perTokenP99) {}
}
