package org.nemotron.runtime.grammar;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.nemotron.runtime.config.JsonFaults;
import org.nemotron.runtime.grammar.Network.Rule;

/**
 * A JSON Schema as a form: a set of texts each of which is valid under it. Not every valid text is
 * among them: properties come in the order of the schema, white space is bounded, and properties
 * that the schema does not name come only where it allows them by {@code additionalProperties}.
 *
 * <p>Keywords that only describe are passed over; others that are not supported are refused with
 * their place.
 */
final class SchemaForms {
  private static final int MOST_CHARS = 1 << 18;
  private static final int DEEPEST = 64;
  private static final JsonMapper JSON = new JsonMapper();

  private static final ImmutableSet<String> DESCRIBING =
      ImmutableSet.of(
          "$schema",
          "$id",
          "$comment",
          "$defs",
          "definitions",
          "title",
          "description",
          "default",
          "examples",
          "deprecated",
          "readOnly",
          "writeOnly");

  private static final ImmutableSet<String> COMBINING = ImmutableSet.of("anyOf", "oneOf", "allOf");

  private final Network net;
  private final JsonForms json;
  private final JsonNode root;
  private final Map<String, Rule> rules = new HashMap<>();

  /** The references followed since the last bracket. */
  private Set<String> chain = new LinkedHashSet<>();

  private int depth = 0;

  SchemaForms(Network net, String schema) {
    this.net = net;
    this.json = new JsonForms(net);
    this.root = parsed(schema);
  }

  private static JsonNode parsed(String schema) {
    if (schema.length() > MOST_CHARS) {
      throw new FormatException(
          "a JSON schema of %s characters must have at most %s"
              .formatted(schema.length(), MOST_CHARS));
    }
    try {
      return JSON.readTree(schema);
    } catch (JsonProcessingException e) {
      throw new FormatException("the JSON schema is not JSON (" + JsonFaults.words(e) + ")");
    }
  }

  Form root() {
    return reference("#", "#");
  }

  JsonForms json() {
    return json;
  }

  Network net() {
    return net;
  }

  /** Returns the schema itself, with its references followed. */
  JsonNode resolved(JsonNode schema, String path) {
    JsonNode at = schema;
    for (int i = 0; at.path("$ref").isTextual(); i++) {
      if (i > DEEPEST) {
        throw refused(path, "a reference that leads to itself");
      }
      at = target(at.path("$ref").asText(), path);
    }
    return at;
  }

  private JsonNode target(String reference, String path) {
    if (!reference.equals("#") && !reference.startsWith("#/")) {
      throw refused(path + "/$ref", "the reference " + reference + ", which is not local (#/…)");
    }
    JsonNode target = root.at(reference.substring(1));
    if (target.isMissingNode()) {
      throw refused(path + "/$ref", "the reference " + reference + ", which leads nowhere");
    }
    return target;
  }

  private Form reference(String reference, String path) {
    if (!chain.add(reference)) {
      throw refused(path, "a reference that leads to itself");
    }
    Rule known = rules.get(reference);
    if (known == null) {
      known = net.rule();
      rules.put(reference, known);
      form(target(reference, path), reference).add(net, known.start(), known.end());
    }
    chain.remove(reference);
    return Form.call(known);
  }

  /** Returns what {@code parts} makes inside brackets, where a schema may contain itself again. */
  <T> T inBrackets(Supplier<T> parts) {
    Set<String> outside = chain;
    chain = new LinkedHashSet<>();
    T made = parts.get();
    chain = outside;
    return made;
  }

  /** Returns the form of the schema at {@code path}, a JSON pointer. */
  Form form(JsonNode schema, String path) {
    if (++depth > DEEPEST) {
      throw refused(path, "schemas in each other deeper than " + DEEPEST);
    }
    Form form = schema.isBoolean() ? ofBoolean(schema, path) : ofObject(schema, path);
    depth--;
    return form;
  }

  private Form ofBoolean(JsonNode schema, String path) {
    if (!schema.asBoolean()) {
      throw refused(path, "the schema false, which nothing satisfies");
    }
    return json.value();
  }

  private Form ofObject(JsonNode schema, String path) {
    if (!schema.isObject()) {
      throw refused(path, "a schema that is neither an object nor true or false");
    }
    ImmutableSet<String> keywords = keywords(schema);
    for (String keyword : keywords) {
      if (!SchemaTypes.SUPPORTED.contains(keyword)
          && !COMBINING.contains(keyword)
          && !keyword.equals("$ref")) {
        throw refused(path, "the keyword " + keyword);
      }
    }
    if (keywords.contains("$ref")) {
      checkAlone("$ref", keywords, ImmutableSet.of(), path);
      return reference(schema.path("$ref").asText(), path);
    }
    for (String combining : COMBINING) {
      if (keywords.contains(combining)) {
        checkAlone(combining, keywords, ImmutableSet.of(), path);
        return combined(combining, schema.path(combining), path + "/" + combining);
      }
    }
    return new SchemaTypes(this, schema, path).form();
  }

  /** Returns the keywords that rule something. */
  static ImmutableSet<String> keywords(JsonNode schema) {
    return ImmutableSet.copyOf(
        Sets.difference(ImmutableSet.copyOf(schema.fieldNames()), DESCRIBING));
  }

  static void checkAlone(
      String keyword, ImmutableSet<String> keywords, ImmutableSet<String> beside, String path) {
    for (String other : keywords) {
      if (!other.equals(keyword) && !beside.contains(other)) {
        throw refused(path, "the keyword " + other + " beside " + keyword);
      }
    }
  }

  private Form combined(String keyword, JsonNode parts, String path) {
    if (!parts.isArray() || parts.isEmpty()) {
      throw refused(path, keyword + " without a list of schemas");
    }
    if (keyword.equals("allOf") && parts.size() > 1) {
      throw refused(path, "allOf of more than one schema");
    }
    if (keyword.equals("oneOf")) {
      new SchemaDifferences(this).check(parts, path);
    }
    List<Form> forms = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      forms.add(form(parts.get(i), path + "/" + i));
    }
    return Form.anyOf(ImmutableList.copyOf(forms));
  }

  static FormatException refused(String path, String what) {
    return new FormatException("JSON schema, " + path + ": " + what + " is not supported");
  }
}
