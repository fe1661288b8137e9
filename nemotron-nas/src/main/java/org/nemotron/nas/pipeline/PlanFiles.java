package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.guava.GuavaModule;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Plans as JSON: a file names what differs from the defaults, and nothing that there is not. */
public final class PlanFiles {
  static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new GuavaModule())
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .build();

  private PlanFiles() {}

  /**
   * Returns the plan in {@code file}; what it does not name is as in {@code defaults}.
   *
   * @throws IOException if the file cannot be read, is no JSON, or has a key or value that a plan
   *     does not have; the message names it
   */
  public static CompressionPlan read(Path file, CompressionPlan defaults) throws IOException {
    String text = Files.readString(file);
    try {
      ObjectNode merged = JSON.valueToTree(defaults);
      merge(merged, JSON.readTree(text), file, "");
      return JSON.treeToValue(merged, CompressionPlan.class);
    } catch (UnrecognizedPropertyException e) {
      throw new IOException(
          unknownKey(file, e.getPathReference() + "", e.getPropertyName(), e.getKnownPropertyIds()),
          e);
    } catch (JsonMappingException e) {
      throw new IOException(file + ", " + place(e) + ": " + reason(e), e);
    } catch (JsonProcessingException e) {
      throw new IOException(file + " is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** Returns where in the plan the fault is, for example {@code targets[0].limits[0]}. */
  private static String place(JsonMappingException e) {
    StringBuilder place = new StringBuilder();
    for (JsonMappingException.Reference step : e.getPath()) {
      if (step.getFieldName() == null) {
        place.append('[').append(step.getIndex()).append(']');
      } else {
        place.append(place.isEmpty() ? "" : ".").append(step.getFieldName());
      }
    }
    return place.isEmpty() ? "plan" : place.toString();
  }

  /** What a record refused is said by it; Jackson's own words lose their hints for programmers. */
  private static String reason(JsonMappingException e) {
    if (e.getCause() instanceof IllegalArgumentException refusal && refusal.getMessage() != null) {
      return refusal.getMessage();
    }
    return Splitter.on(" (index ").splitToList(e.getOriginalMessage()).get(0);
  }

  private static void merge(ObjectNode known, JsonNode given, Path file, String path)
      throws IOException {
    if (!given.isObject()) {
      throw new IOException(
          file + ": " + (path.isEmpty() ? "the plan" : path) + " must be an object");
    }
    for (Map.Entry<String, JsonNode> entry : given.properties()) {
      String key = entry.getKey();
      JsonNode former = known.get(key);
      if (former == null) {
        throw new IOException(
            unknownKey(file, path, key, ImmutableList.copyOf(known.fieldNames())));
      }
      if (former instanceof ObjectNode inner) {
        merge(inner, entry.getValue(), file, path.isEmpty() ? key : path + "." + key);
      } else {
        known.set(key, entry.getValue());
      }
    }
  }

  private static String unknownKey(Path file, String path, String key, Object known) {
    return String.format(
        "%s: %s%s is not a key of a plan.%nMaybe one of %s is meant.",
        file, path.isEmpty() ? "" : path + ".", key, known);
  }

  /** Returns {@code plan} as JSON text. */
  public static String write(CompressionPlan plan) {
    try {
      return JSON.writeValueAsString(plan);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a plan cannot be written as JSON", e);
    }
  }
}
