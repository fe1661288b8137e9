package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.nemotron.core.io.JsonFiles;
import org.nemotron.nas.cost.OwnCosts;
import org.nemotron.nas.score.OwnScores;
import org.nemotron.nas.score.Score;

/**
 * Scores and costs of the user's own as JSON files, which a plan names in {@code inputs.ownScores}
 * and {@code inputs.ownCosts}.
 *
 * <pre>{@code
 * {"format": 1, "metric": "stories", "provenance": "what measured it",
 *  "scores": {"layer-000.attention.kv2": 0.013,
 *             "layer-000.ffn.noop": {"degradation": 0.2, "standardError": 0.01}}}
 *
 * {"format": 1, "cost": "joules", "provenance": "what measured it", "nonBlock": 0.4,
 *  "subBlocks": {"attention.kv4": 1.9, "attention.kv2": 1.6, "ffn.w704": 3.1}}
 * }</pre>
 */
public final class OwnFiles {
  private static final int FORMAT = 1;

  private OwnFiles() {}

  /**
   * Returns the own scores in {@code file}.
   *
   * @throws IOException if it cannot be read, is no JSON, has a key or value that such a file does
   *     not have, or a number that is not finite; the message names it
   */
  public static OwnScores scores(Path file) throws IOException {
    JsonNode json = read(file, ImmutableSet.of("format", "metric", "provenance", "scores"));
    ImmutableMap.Builder<String, Score.Measure> scores = ImmutableMap.builder();
    for (Map.Entry<String, JsonNode> entry : object(file, json, "scores").properties()) {
      scores.put(entry.getKey(), measure(file, entry.getKey(), entry.getValue()));
    }
    return checked(
        file,
        () ->
            new OwnScores(
                new Score.Metric(text(file, json, "metric")),
                text(file, json, "provenance"),
                scores.buildOrThrow()));
  }

  private static Score.Measure measure(Path file, String id, JsonNode value) throws IOException {
    if (!value.isObject()) {
      return new Score.Measure(number(file, "scores." + id, value), 0);
    }
    checkKeys(file, "scores." + id, value, ImmutableSet.of("degradation", "standardError"));
    double degradation = number(file, "scores." + id + ".degradation", value.path("degradation"));
    double error = number(file, "scores." + id + ".standardError", value.path("standardError"));
    return checked(file, () -> new Score.Measure(degradation, error));
  }

  /**
   * Returns the own costs in {@code file}.
   *
   * @throws IOException if it cannot be read, is no JSON, has a key or value that such a file does
   *     not have, or a number that is not finite; the message names it
   */
  public static OwnCosts costs(Path file) throws IOException {
    JsonNode json =
        read(file, ImmutableSet.of("format", "cost", "provenance", "nonBlock", "subBlocks"));
    ImmutableMap.Builder<String, Double> costs = ImmutableMap.builder();
    for (Map.Entry<String, JsonNode> entry : object(file, json, "subBlocks").properties()) {
      costs.put(entry.getKey(), number(file, "subBlocks." + entry.getKey(), entry.getValue()));
    }
    double nonBlock = number(file, "nonBlock", json.path("nonBlock"));
    return checked(
        file,
        () ->
            new OwnCosts(
                text(file, json, "cost"),
                text(file, json, "provenance"),
                nonBlock,
                costs.buildOrThrow()));
  }

  private static JsonNode read(Path file, ImmutableSet<String> keys) throws IOException {
    JsonNode json = JsonFiles.read(file);
    if (!json.isObject()) {
      throw new IOException(file + " must hold a JSON object with the keys " + keys);
    }
    checkKeys(file, "the file", json, keys);
    if (json.path("format").asInt() != FORMAT) {
      throw new IOException(file + ": format (" + json.path("format") + ") must be " + FORMAT);
    }
    return json;
  }

  private static void checkKeys(Path file, String where, JsonNode json, ImmutableSet<String> keys)
      throws IOException {
    for (Map.Entry<String, JsonNode> entry : json.properties()) {
      if (!keys.contains(entry.getKey())) {
        throw new IOException(
            String.format(
                "%s: %s is not a key of %s.%nMaybe one of %s is meant.",
                file, entry.getKey(), where, keys));
      }
    }
  }

  private static String text(Path file, JsonNode json, String key) throws IOException {
    if (!json.path(key).isTextual()) {
      throw new IOException(file + ": " + key + " must be there, as a text");
    }
    return json.path(key).textValue();
  }

  private static JsonNode object(Path file, JsonNode json, String key) throws IOException {
    if (!json.path(key).isObject()) {
      throw new IOException(file + ": " + key + " must be there, as an object of numbers");
    }
    return json.path(key);
  }

  private static double number(Path file, String key, JsonNode value) throws IOException {
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw new IOException(
          file
              + ": "
              + key
              + " ("
              + (value.isMissingNode() ? "missing" : value.asText())
              + ") must be a finite number");
    }
    return value.doubleValue();
  }

  /** Makes a value from what a file says. */
  private interface Made<T> {
    T make() throws IOException;
  }

  private static <T> T checked(Path file, Made<T> value) throws IOException {
    try {
      return value.make();
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }
}
