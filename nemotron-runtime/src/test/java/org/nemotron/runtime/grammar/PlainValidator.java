package org.nemotron.runtime.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Pattern;

/** JSON Schema, the keywords that are supported, written a second time and as plainly as can be. */
final class PlainValidator {
  private final JsonNode root;

  PlainValidator(JsonNode root) {
    this.root = root;
  }

  boolean isValid(JsonNode value) {
    return isValid(root, value);
  }

  private boolean isValid(JsonNode schema, JsonNode value) {
    if (schema.isBoolean()) {
      return schema.asBoolean();
    }
    return (!schema.has("$ref")
            || isValid(root.at(schema.path("$ref").asText().substring(1)), value))
        && (!schema.has("const") || schema.path("const").equals(value))
        && (!schema.has("enum") || count(schema.path("enum"), value, JsonNode::equals) > 0)
        && (!schema.has("anyOf") || count(schema.path("anyOf"), value, this::isValid) > 0)
        && (!schema.has("oneOf") || count(schema.path("oneOf"), value, this::isValid) == 1)
        && isOfType(schema.path("type"), value)
        && (!value.isObject() || isObject(schema, value))
        && (!value.isArray() || isArray(schema, value))
        && (!value.isTextual() || isString(schema, value.asText()))
        && (!value.isNumber() || isNumber(schema, value));
  }

  private interface Test {
    boolean passes(JsonNode schema, JsonNode value);
  }

  private static int count(JsonNode schemas, JsonNode value, Test test) {
    int count = 0;
    for (JsonNode schema : schemas) {
      count += test.passes(schema, value) ? 1 : 0;
    }
    return count;
  }

  private static boolean isOfType(JsonNode type, JsonNode value) {
    return type.isMissingNode()
        || (type.isArray()
            ? count(type, value, PlainValidator::isOfType) > 0
            : type.asText().equals(value.getNodeType().name().toLowerCase(Locale.ROOT))
                || (type.asText().equals("integer") && value.isIntegralNumber()));
  }

  private boolean isObject(JsonNode schema, JsonNode value) {
    for (JsonNode name : schema.path("required")) {
      if (!value.has(name.asText())) {
        return false;
      }
    }
    JsonNode properties = schema.path("properties");
    for (var entry : value.properties()) {
      JsonNode own = properties.path(entry.getKey());
      JsonNode rule = own.isMissingNode() ? schema.path("additionalProperties") : own;
      if (!rule.isMissingNode() && !isValid(rule, entry.getValue())) {
        return false;
      }
    }
    return true;
  }

  private boolean isArray(JsonNode schema, JsonNode value) {
    for (JsonNode element : value) {
      if (schema.has("items") && !isValid(schema.path("items"), element)) {
        return false;
      }
    }
    return value.size() >= schema.path("minItems").asInt(0)
        && value.size() <= schema.path("maxItems").asInt(Integer.MAX_VALUE);
  }

  private static boolean isString(JsonNode schema, String value) {
    int length = value.codePointCount(0, value.length());
    return length >= schema.path("minLength").asInt(0)
        && length <= schema.path("maxLength").asInt(Integer.MAX_VALUE)
        && (!schema.has("pattern")
            || Pattern.compile(schema.path("pattern").asText()).matcher(value).find());
  }

  private static boolean isNumber(JsonNode schema, JsonNode value) {
    BigDecimal number = new BigDecimal(value.asText());
    return (!schema.has("minimum") || number.compareTo(limit(schema, "minimum")) >= 0)
        && (!schema.has("maximum") || number.compareTo(limit(schema, "maximum")) <= 0)
        && (!schema.has("exclusiveMinimum")
            || number.compareTo(limit(schema, "exclusiveMinimum")) > 0)
        && (!schema.has("exclusiveMaximum")
            || number.compareTo(limit(schema, "exclusiveMaximum")) < 0);
  }

  private static BigDecimal limit(JsonNode schema, String keyword) {
    return schema.path(keyword).decimalValue();
  }
}
