package org.nemotron.examples.benchmark;

import com.google.common.collect.ImmutableList;
import com.google.common.math.Quantiles;
import java.util.List;
import java.util.function.ToDoubleFunction;

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

  /** Returns the medians of several measurements of one model. */
  static ServingFigures median(List<ServingFigures> rounds) {
    ServingFigures first = rounds.get(0);
    ImmutableList.Builder<ScenarioSpeed> scenarios = ImmutableList.builder();
    for (int i = 0; i < first.scenarios.size(); i++) {
      int index = i;
      ScenarioSpeed one = first.scenarios.get(i);
      scenarios.add(
          new ScenarioSpeed(
              one.promptTokens(),
              one.outputTokens(),
              one.batch(),
              median(rounds, round -> round.scenarios.get(index).tokensPerSecond())));
    }
    ImmutableList.Builder<BatchSpeed> curve = ImmutableList.builder();
    for (int i = 0; i < first.curve.size(); i++) {
      int index = i;
      curve.add(
          new BatchSpeed(
              first.curve.get(i).batch(),
              median(rounds, round -> round.curve.get(index).perServer()),
              median(rounds, round -> round.curve.get(index).perUser())));
    }
    ImmutableList.Builder<LoadLatency> loads = ImmutableList.builder();
    for (int i = 0; i < first.loads.size(); i++) {
      int index = i;
      loads.add(
          new LoadLatency(
              median(rounds, round -> round.loads.get(index).requestsPerSecond()),
              median(rounds, round -> round.loads.get(index).firstTokenP50()),
              median(rounds, round -> round.loads.get(index).firstTokenP99()),
              median(rounds, round -> round.loads.get(index).perTokenP50()),
              median(rounds, round -> round.loads.get(index).perTokenP99())));
    }
    return new ServingFigures(
        first.model, first.parameters, scenarios.build(), curve.build(), loads.build());
  }

  private static double median(
      List<ServingFigures> rounds, ToDoubleFunction<ServingFigures> figure) {
    return Quantiles.median().compute(rounds.stream().mapToDouble(figure).toArray());
  }
}
