package org.nemotron.runtime.grammar;

import static org.nemotron.runtime.grammar.SchemaForms.refused;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.List;

/** The form of one schema that names types, values, or limits of a type. */
final class SchemaTypes {
  private static final ImmutableSet<String> OBJECT =
      ImmutableSet.of("properties", "required", "additionalProperties");
  private static final ImmutableSet<String> ARRAY =
      ImmutableSet.of("items", "minItems", "maxItems", "uniqueItems");
  private static final ImmutableSet<String> STRING =
      ImmutableSet.of("minLength", "maxLength", "pattern", "format");
  private static final ImmutableSet<String> NUMBER =
      ImmutableSet.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum");

  /** The keywords of each type, in the order in which a type is guessed from them. */
  private static final ImmutableMap<String, ImmutableSet<String>> KEYWORDS =
      ImmutableMap.of("object", OBJECT, "array", ARRAY, "string", STRING, "number", NUMBER);

  static final ImmutableSet<String> SUPPORTED =
      ImmutableSet.<String>builder()
          .addAll(OBJECT)
          .addAll(ARRAY)
          .addAll(STRING)
          .addAll(NUMBER)
          .add("type", "enum", "const")
          .build();

  private final SchemaForms schemas;
  private final JsonNode schema;
  private final String path;

  SchemaTypes(SchemaForms schemas, JsonNode schema, String path) {
    this.schemas = schemas;
    this.schema = schema;
    this.path = path;
  }

  Form form() {
    ImmutableSet<String> keywords = SchemaForms.keywords(schema);
    for (String values : new String[] {"const", "enum"}) {
      if (keywords.contains(values)) {
        SchemaForms.checkAlone(values, keywords, ImmutableSet.of("type"), path);
        return ofValues(values);
      }
    }
    ImmutableList<String> types = types(schema, path);
    if (types.isEmpty()) {
      return schemas.json().value();
    }
    List<Form> forms = new ArrayList<>();
    types.forEach(type -> forms.add(ofType(type)));
    return Form.anyOf(forms);
  }

  /** Returns the types that a schema names, or that its keywords belong to; none for all. */
  static ImmutableList<String> types(JsonNode schema, String path) {
    JsonNode named = schema.path("type");
    ImmutableList.Builder<String> types = ImmutableList.builder();
    if (named.isTextual()) {
      return ImmutableList.of(named.asText());
    }
    if (named.isArray() && !named.isEmpty()) {
      named.forEach(type -> types.add(type.asText()));
      return types.build();
    }
    if (!named.isMissingNode()) {
      throw refused(path + "/type", "a type that is neither a text nor a list of them");
    }
    for (ImmutableMap.Entry<String, ImmutableSet<String>> entry : KEYWORDS.entrySet()) {
      if (entry.getValue().stream().anyMatch(schema::has)) {
        types.add(entry.getKey());
      }
    }
    return types.build();
  }

  private Form ofType(String type) {
    return switch (type) {
      case "object" -> new SchemaObjects(schemas, schema, path).form();
      case "array" -> new SchemaArrays(schemas, schema, path).form();
      case "string" -> new SchemaStrings(schemas.json(), schema, path).form();
      case "integer", "number" ->
          new SchemaNumbers(schemas.json(), schema, path).form(type.equals("integer"));
      case "boolean" -> Form.anyOf(Form.text("true"), Form.text("false"));
      case "null" -> Form.text("null");
      default -> throw refused(path + "/type", "the type " + type);
    };
  }

  private Form ofValues(String keyword) {
    JsonNode given = schema.path(keyword);
    if (keyword.equals("enum") && !given.isArray()) {
      throw refused(path + "/enum", "an enum that is not a list");
    }
    ImmutableList<String> types =
        schema.has("type") ? types(schema, path) : ImmutableList.<String>of();
    List<Form> forms = new ArrayList<>();
    for (JsonNode value : keyword.equals("enum") ? given : ImmutableList.of(given)) {
      if (types.isEmpty() || types.stream().anyMatch(type -> isOf(type, value))) {
        forms.add(Form.text(value.toString()));
      }
    }
    if (forms.isEmpty()) {
      throw refused(path + "/" + keyword, "a list without a value of the type");
    }
    return Form.anyOf(forms);
  }

  /** Returns whether {@code value} is of a type. */
  static boolean isOf(String type, JsonNode value) {
    return switch (type) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isTextual();
      case "integer" ->
          value.isIntegralNumber()
              || (value.isNumber() && value.doubleValue() == Math.rint(value.doubleValue()));
      case "number" -> value.isNumber();
      case "boolean" -> value.isBoolean();
      case "null" -> value.isNull();
      default -> false;
    };
  }

  /** Returns a count that a schema names, from 0 to some thousands. */
  static int count(JsonNode schema, String keyword, int otherwise, String path) {
    JsonNode value = schema.path(keyword);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!isOf("integer", value) || value.doubleValue() < 0 || value.doubleValue() > 100_000) {
      throw refused(path + "/" + keyword, "a count (" + value + ") outside 0 to 100,000");
    }
    return value.intValue();
  }
}
