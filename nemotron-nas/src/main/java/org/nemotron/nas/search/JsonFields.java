package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;

/** The fields of one JSON object; a message names the object and the rule. */
final class JsonFields {
  private final JsonNode node;
  private final String where;

  JsonFields(JsonNode node, String where) {
    checkArgument(node.isObject(), "%s must be a JSON object", where);
    this.node = node;
    this.where = where;
  }

  void allowOnly(String... names) {
    ImmutableSet<String> allowed = ImmutableSet.copyOf(names);
    node.fieldNames()
        .forEachRemaining(
            name ->
                checkArgument(
                    allowed.contains(name),
                    "%s: unknown key %s, must be of %s",
                    where,
                    name,
                    allowed));
  }

  private JsonNode required(String name) {
    checkArgument(node.has(name), "%s: %s is missing", where, name);
    return node.get(name);
  }

  String text(String name) {
    JsonNode value = required(name);
    checkArgument(value.isTextual(), "%s: %s (%s) must be a text", where, name, value);
    return value.textValue();
  }

  ImmutableSet<String> texts(String name) {
    ImmutableSet.Builder<String> texts = ImmutableSet.builder();
    for (JsonNode value : array(name, false)) {
      checkArgument(value.isTextual(), "%s: %s (%s) must be texts", where, name, value);
      texts.add(value.textValue());
    }
    return texts.build();
  }

  double number(String name) {
    return number(name, required(name));
  }

  double number(String name, double otherwise) {
    return node.has(name) ? number(name) : otherwise;
  }

  private double number(String name, JsonNode value) {
    checkArgument(
        value.isNumber() && Double.isFinite(value.doubleValue()),
        "%s: %s (%s) must be a finite number",
        where,
        name,
        value.isNumber() ? value.asText() : value);
    return value.doubleValue();
  }

  ImmutableMap<String, Double> numbers(String name, boolean required) {
    if (!required && !node.has(name)) {
      return ImmutableMap.of();
    }
    JsonNode object = required(name);
    checkArgument(object.isObject(), "%s: %s must be a JSON object", where, name);
    ImmutableMap.Builder<String, Double> numbers = ImmutableMap.builder();
    object
        .properties()
        .forEach(
            entry ->
                numbers.put(entry.getKey(), number("cost " + entry.getKey(), entry.getValue())));
    return numbers.buildOrThrow();
  }

  int integer(String name) {
    JsonNode value = required(name);
    checkArgument(
        value.isIntegralNumber() && value.canConvertToInt(),
        "%s: %s (%s) must be a whole number",
        where,
        name,
        value);
    return value.intValue();
  }

  int integer(String name, int otherwise) {
    return node.has(name) ? integer(name) : otherwise;
  }

  ImmutableList<JsonNode> array(String name, boolean required) {
    if (!required && !node.has(name)) {
      return ImmutableList.of();
    }
    JsonNode array = required(name);
    checkArgument(array.isArray(), "%s: %s must be a JSON array", where, name);
    return ImmutableList.copyOf(array);
  }
}
