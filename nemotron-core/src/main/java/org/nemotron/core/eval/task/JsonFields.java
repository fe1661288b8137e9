package org.nemotron.core.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Sets;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The fields of a JSON object of a task file, each asked for once; others are refused by name. */
final class JsonFields {
  private final String where;
  private final JsonNode object;
  private final Set<String> known = new HashSet<>();

  /** {@code where} is what messages call the object. */
  JsonFields(String where, JsonNode object) {
    this.where = where;
    this.object = object;
    if (!object.isObject()) {
      throw fault("must be a JSON object");
    }
  }

  boolean has(String key) {
    known.add(key);
    return object.has(key);
  }

  String text(String key) {
    if (!has(key)) {
      throw fault("lacks " + key);
    }
    return text(key, "");
  }

  String text(String key, String usual) {
    JsonNode value = value(key);
    if (value.isMissingNode()) {
      return usual;
    }
    if (!value.isTextual()) {
      throw wrong(key, value, "a text");
    }
    return value.asText();
  }

  int number(String key, int usual) {
    JsonNode value = value(key);
    if (value.isMissingNode()) {
      return usual;
    }
    if (!value.canConvertToInt() || value.asInt() < 0) {
      throw wrong(key, value, "a number that is not negative");
    }
    return value.asInt();
  }

  boolean flag(String key) {
    JsonNode value = value(key);
    if (!value.isMissingNode() && !value.isBoolean()) {
      throw wrong(key, value, "true or false");
    }
    return value.asBoolean();
  }

  /** Returns a list of texts; none where the key is missing. */
  ImmutableList<String> texts(String key) {
    JsonNode value = value(key);
    if (value.isMissingNode()) {
      return ImmutableList.of();
    }
    if (!value.isArray()) {
      throw wrong(key, value, "a list of texts");
    }
    ImmutableList.Builder<String> texts = ImmutableList.builder();
    for (JsonNode element : value) {
      if (!element.isTextual()) {
        throw wrong(key, value, "a list of texts");
      }
      texts.add(element.asText());
    }
    return texts.build();
  }

  /** Returns the objects of a list; none where the key is missing. */
  ImmutableList<JsonFields> objects(String key) {
    JsonNode value = value(key);
    if (!value.isMissingNode() && !value.isArray()) {
      throw wrong(key, value, "a list of objects");
    }
    ImmutableList.Builder<JsonFields> objects = ImmutableList.builder();
    for (JsonNode element : value) {
      objects.add(new JsonFields(where + ", " + key, element));
    }
    return objects.build();
  }

  /** Returns the object of a key, an empty one where it is missing. */
  JsonFields object(String key) {
    JsonNode value = value(key);
    return new JsonFields(where + ", " + key, value.isMissingNode() ? EmptyObject.NODE : value);
  }

  /** Returns the values of all keys, each read by {@code reader} from this object. */
  <T> ImmutableMap<String, T> all(Function<String, T> reader) {
    ImmutableMap.Builder<String, T> values = ImmutableMap.builder();
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      values.put(entry.getKey(), reader.apply(entry.getKey()));
    }
    return values.buildOrThrow();
  }

  /** Returns the template of a key; {@code usual} where it is missing. */
  Template template(String key, String usual) {
    String source = text(key, usual);
    try {
      return Template.parse(source);
    } catch (IllegalArgumentException e) {
      throw fault(key + ": " + e.getMessage());
    }
  }

  /** Returns what a key has, a missing node where it has nothing. */
  JsonNode value(String key) {
    known.add(key);
    return object.path(key);
  }

  /** Refuses keys that nobody asked for. */
  void checkAllKnown() {
    Set<String> keys = new HashSet<>();
    object.fieldNames().forEachRemaining(keys::add);
    for (String key : Sets.difference(keys, known)) {
      throw fault(
          "has the key "
              + key
              + ", which means nothing there.\nMaybe one of these was meant: "
              + String.join(", ", ImmutableList.sortedCopyOf(known))
              + ".");
    }
  }

  private IllegalArgumentException wrong(String key, JsonNode value, String rule) {
    return fault(key + " (" + value + ") must be " + rule);
  }

  IllegalArgumentException fault(String words) {
    return new IllegalArgumentException(where + ": " + words);
  }

  /** An object without fields. */
  private static final class EmptyObject {
    static final JsonNode NODE = JsonNodeFactory.instance.objectNode();
  }
}
