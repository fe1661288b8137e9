package org.nemotron.examples.benchmark;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableMap;
import com.google.common.io.Resources;
import java.io.IOException;
import java.net.URL;

/**
 * The ratios that docs/benchmarks.md publishes, as measured once.
 *
 * @param date when
 * @param machine where
 * @param ratios how many times faster than the rival, by name
 */
record SpeedRatios(String date, String machine, ImmutableMap<String, Double> ratios) {
  /** What a machine with other work may lose without an alarm. */
  private static final double TOLERATED_SHARE = 0.5;

  /** Returns those of this version. */
  static SpeedRatios published() throws IOException {
    URL resource = Resources.getResource(SpeedRatios.class, "speed-ratios.json");
    JsonNode file = new ObjectMapper().readTree(Resources.toByteArray(resource));
    ImmutableMap.Builder<String, Double> ratios = ImmutableMap.builder();
    file.get("ratios").properties().forEach(e -> ratios.put(e.getKey(), e.getValue().asDouble()));
    return new SpeedRatios(
        file.get("date").textValue(), file.get("machine").textValue(), ratios.buildOrThrow());
  }

  /** Returns the published ratio of a race. */
  double of(String name) {
    Double ratio = ratios.get(name);
    checkArgument(ratio != null, "race (%s) must be one of %s", name, ratios.keySet());
    return ratio;
  }

  /** Returns the ratio below which a race counts as lost. */
  double least(String name) {
    return TOLERATED_SHARE * of(name);
  }
}
