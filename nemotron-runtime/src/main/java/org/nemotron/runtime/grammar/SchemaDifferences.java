package org.nemotron.runtime.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.HashSet;
import java.util.Set;

/**
 * Whether no value is valid under two schemas, as far as that can be seen at once: they have
 * different types, or different values, or a required property with different values.
 */
final class SchemaDifferences {
  private static final ImmutableSet<String> ALL_TYPES =
      ImmutableSet.of("object", "array", "string", "number", "boolean", "null");

  private final SchemaForms schemas;

  SchemaDifferences(SchemaForms schemas) {
    this.schemas = schemas;
  }

  /** Checks the parts of a oneOf, of which a value must satisfy one only. */
  void check(JsonNode parts, String path) {
    for (int i = 0; i < parts.size(); i++) {
      for (int j = 0; j < i; j++) {
        JsonNode one = schemas.resolved(parts.get(i), path + "/" + i);
        JsonNode other = schemas.resolved(parts.get(j), path + "/" + j);
        if (!differ(one, other, path)) {
          throw SchemaForms.refused(
              path,
              "a oneOf whose parts "
                  + j
                  + " and "
                  + i
                  + " do not differ by type, by their values, or by those of a required property");
        }
      }
    }
  }

  private boolean differ(JsonNode one, JsonNode other, String path) {
    if (Sets.intersection(types(one, path), types(other, path)).isEmpty()) {
      return true;
    }
    Set<JsonNode> values = values(one);
    Set<JsonNode> others = values(other);
    if (!values.isEmpty() && !others.isEmpty()) {
      return Sets.intersection(values, others).isEmpty();
    }
    return differByProperty(one, other, path);
  }

  /** One that names both types object and another is not told apart by a property. */
  private boolean differByProperty(JsonNode one, JsonNode other, String path) {
    if (!Sets.intersection(types(one, path), types(other, path))
        .equals(ImmutableSet.of("object"))) {
      return false;
    }
    for (JsonNode name : one.path("required")) {
      if (ImmutableList.copyOf(other.path("required")).contains(name)) {
        Set<JsonNode> values = values(property(one, name, path));
        Set<JsonNode> others = values(property(other, name, path));
        if (!values.isEmpty() && !others.isEmpty() && Sets.intersection(values, others).isEmpty()) {
          return true;
        }
      }
    }
    return false;
  }

  private JsonNode property(JsonNode schema, JsonNode name, String path) {
    return schemas.resolved(schema.path("properties").path(name.asText()), path);
  }

  private static Set<JsonNode> values(JsonNode schema) {
    Set<JsonNode> values = new HashSet<>();
    if (schema.has("const")) {
      values.add(schema.path("const"));
    }
    schema.path("enum").forEach(values::add);
    return values;
  }

  private static Set<String> types(JsonNode schema, String path) {
    Set<String> types = new HashSet<>();
    Set<JsonNode> values = values(schema);
    if (!values.isEmpty()) {
      for (String type : ALL_TYPES) {
        if (values.stream().anyMatch(value -> SchemaTypes.isOf(type, value))) {
          types.add(type);
        }
      }
      return types;
    }
    for (String type : schema.has("type") ? SchemaTypes.types(schema, path) : ALL_TYPES) {
      types.add(type.equals("integer") ? "number" : type);
    }
    return types;
  }
}
