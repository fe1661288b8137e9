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
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.nemotron.core.io.JsonFaults;
import org.nemotron.core.io.JsonFiles;
import org.nemotron.core.io.SealedJson;

/** Plans as JSON: a file names what differs from the defaults, and nothing that there is not. */
public final class PlanFiles {
  static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new GuavaModule())
          .addModule(new PlanModule())
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .build();

  /** What a plan's file cannot leave to any defaults. */
  private static final ImmutableList<String> REQUIRED =
      ImmutableList.of("parent", "texts", "heldOut");

  /** What documents take the place of, unless a plan's file names it all the same. */
  private static final ImmutableList<String> REPLACED = ImmutableList.of("texts", "heldOut");

  private static final String INPUTS = "inputs";
  private static final Path UNNAMED = Path.of("unnamed");
  private static final CompressionPlan DEFAULTS =
      CompressionPlan.of(
          new CompressionPlan.Inputs(
              UNNAMED, ImmutableList.of(UNNAMED), ImmutableList.of(UNNAMED)));

  private PlanFiles() {}

  /**
   * Returns the plan in {@code file}, which must name its inputs; what else it does not name is as
   * in {@link CompressionPlan#of}.
   *
   * @throws IOException if the file cannot be read, is no JSON, names no inputs, or has a key or
   *     value that a plan does not have; the message names it
   */
  public static CompressionPlan read(Path file) throws IOException {
    return read(file, DEFAULTS, REQUIRED);
  }

  /**
   * Returns the plan in {@code file}; what it does not name is as in {@code defaults}.
   *
   * @throws IOException if the file cannot be read, is no JSON, or has a key or value that a plan
   *     does not have; the message names it
   */
  public static CompressionPlan read(Path file, CompressionPlan defaults) throws IOException {
    return read(file, defaults, ImmutableList.of());
  }

  private static CompressionPlan read(
      Path file, CompressionPlan defaults, ImmutableList<String> required) throws IOException {
    String text = JsonFiles.text(file);
    try {
      ObjectNode merged = JSON.valueToTree(defaults);
      JsonNode given = unsealed(JSON.readTree(text));
      boolean documents = !given.path(INPUTS).path("documents").path("sources").isEmpty();
      if (documents && merged.path(INPUTS) instanceof ObjectNode inputs) {
        REPLACED.forEach(inputs::putArray);
      }
      merge(merged, given, file, "");
      for (String key : required) {
        if (!given.path(INPUTS).has(key) && !(documents && REPLACED.contains(key))) {
          throw new IOException(file + ": the plan must have the key inputs." + key);
        }
      }
      return JSON.treeToValue(merged, CompressionPlan.class);
    } catch (UnrecognizedPropertyException e) {
      throw new IOException(
          unknownKey(file, e.getPathReference() + "", e.getPropertyName(), e.getKnownPropertyIds()),
          e);
    } catch (JsonMappingException e) {
      throw new IOException(file + ": " + PlanFaults.sentence(e), e);
    } catch (JsonProcessingException e) {
      throw new IOException(file + " is not JSON (" + JsonFaults.words(e) + ")", e);
    }
  }

  /** Returns a plan without the digest that a run gives its own, which says nothing of a copy. */
  private static JsonNode unsealed(JsonNode given) {
    return given instanceof ObjectNode object
        ? object.without(ImmutableList.of(SealedJson.KEY))
        : given;
  }

  private static void merge(ObjectNode known, JsonNode given, Path file, String path)
      throws IOException {
    if (!given.isObject()) {
      throw new IOException(
          file + ": " + (path.isEmpty() ? "the plan" : path) + " must be an object");
    }
    for (Map.Entry<String, JsonNode> entry : given.properties()) {
      String key = entry.getKey();
      String fullKey = path.isEmpty() ? key : path + "." + key;
      JsonNode former = known.get(key);
      if (former == null) {
        FormerKeys.checkKey(file, fullKey);
        throw new IOException(
            unknownKey(file, path, key, ImmutableList.copyOf(known.fieldNames())));
      }
      if (entry.getValue().isNull()) {
        throw new IOException(file + ": " + fullKey + " must not be null");
      }
      if (former instanceof ObjectNode inner) {
        merge(inner, entry.getValue(), file, fullKey);
      } else {
        FormerKeys.checkValue(file, fullKey, entry.getValue().asText());
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
