package org.nemotron.core.provenance;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableMap;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/**
 * The origin of an artifact: library version, time and inputs. Immutable.
 *
 * @param libraryVersion version of this library
 * @param createdAt time of creation, in UTC to the second
 * @param inputs by name: fingerprints in hexadecimal and settings as text
 */
public record Provenance(
    String libraryVersion, Instant createdAt, ImmutableMap<String, String> inputs) {
  /** The version of this library. */
  public static final String LIBRARY_VERSION = "0.1.0-SNAPSHOT";

  /** Returns the provenance of an artifact that this library makes now. */
  public static Provenance of(Map<String, String> inputs, Clock clock) {
    return new Provenance(
        LIBRARY_VERSION,
        clock.instant().truncatedTo(ChronoUnit.SECONDS),
        ImmutableMap.copyOf(inputs));
  }

  /** Returns this as a JSON object, which {@link #fromJson} reads back. */
  public ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("libraryVersion", libraryVersion);
    json.put("createdAt", createdAt.toString());
    ObjectNode named = json.putObject("inputs");
    inputs.forEach(named::put);
    return json;
  }

  /**
   * Returns the provenance written by {@link #toJson}.
   *
   * @throws IllegalArgumentException if a key is missing
   * @throws java.time.format.DateTimeParseException if the time is not one
   */
  public static Provenance fromJson(JsonNode json) {
    ImmutableMap.Builder<String, String> inputs = ImmutableMap.builder();
    json.path("inputs").properties().forEach(e -> inputs.put(e.getKey(), e.getValue().asText()));
    return new Provenance(
        text(json, "libraryVersion"),
        Instant.parse(text(json, "createdAt")),
        inputs.buildOrThrow());
  }

  private static String text(JsonNode json, String key) {
    checkArgument(json.path(key).isTextual(), "provenance must have a text called %s", key);
    return json.path(key).asText();
  }
}
