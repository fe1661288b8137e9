package org.nemotron.runtime.server.wire;

import static com.google.common.collect.ImmutableList.toImmutableList;
import static com.google.common.collect.ImmutableSet.toImmutableSet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Streams;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The fields of a JSON object of a request, each read with its check; an error names the field with
 * its path. A field that is null counts as absent. Not safe for use by several threads.
 */
final class Fields {
  private final ObjectNode json;
  private final String path;
  private final Set<String> known = new HashSet<>();

  private Fields(ObjectNode json, String path) {
    this.json = json;
    this.path = path;
  }

  static Fields of(ObjectNode json) {
    return new Fields(json, "");
  }

  ObjectNode json() {
    return json;
  }

  /** Returns the names that nothing has asked for. */
  ImmutableSet<String> unknown() {
    return Streams.stream(json.fieldNames())
        .filter(name -> !known.contains(name))
        .map(this::path)
        .collect(toImmutableSet());
  }

  private String path(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  ApiException invalid(String name, String sentence) {
    return ApiException.invalid(path(name), path(name) + " " + sentence);
  }

  ApiException unsupported(String name, String sentence) {
    return ApiException.unsupported(path(name), path(name) + " " + sentence);
  }

  /** Returns the value of a field, or empty where it is absent or null. */
  Optional<JsonNode> get(String name) {
    known.add(name);
    JsonNode value = json.get(name);
    return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
  }

  boolean has(String name) {
    return get(name).isPresent();
  }

  /** Accepts fields without effect on the answer. */
  void ignore(String... names) {
    known.addAll(Arrays.asList(names));
  }

  /** Refuses a field that has any value but one without effect. */
  void refuse(String name, JsonNode... harmless) {
    Optional<JsonNode> value = get(name);
    if (value.isPresent() && !Arrays.asList(harmless).contains(value.orElseThrow())) {
      throw unsupported(name, "is not supported");
    }
  }

  Optional<String> string(String name) {
    return get(name).map(value -> string(value, name));
  }

  private String string(JsonNode value, String name) {
    if (!value.isTextual()) {
      throw invalid(name, "must be a string, not " + kind(value));
    }
    return wellFormed(value.textValue(), name);
  }

  /** Half of a pair of UTF-16 is no character, and no tokenizer has a token for it. */
  private String wellFormed(String text, String name) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isHighSurrogate(text.charAt(i))
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(text.charAt(i))) {
        throw invalid(name, "must not have half of a surrogate pair (at " + i + ")");
      }
    }
    return text;
  }

  /** Checks every text within, of whatever field. */
  void checkTexts() {
    json.properties().forEach(entry -> checkTexts(entry.getValue(), entry.getKey()));
  }

  private void checkTexts(JsonNode value, String name) {
    if (value.isTextual()) {
      String unused = wellFormed(value.textValue(), name);
    } else if (value.isArray()) {
      for (int i = 0; i < value.size(); i++) {
        checkTexts(value.get(i), name + "[" + i + "]");
      }
    } else if (value.isObject()) {
      value
          .properties()
          .forEach(entry -> checkTexts(entry.getValue(), name + "." + entry.getKey()));
    }
  }

  boolean flag(String name, boolean otherwise) {
    return get(name).map(value -> flag(value, name)).orElse(otherwise);
  }

  private boolean flag(JsonNode value, String name) {
    if (!value.isBoolean()) {
      throw invalid(name, "must be true or false, not " + kind(value));
    }
    return value.booleanValue();
  }

  double number(String name, double otherwise, double least, double most) {
    Optional<JsonNode> value = get(name);
    if (value.isEmpty()) {
      return otherwise;
    }
    if (!value.orElseThrow().isNumber()) {
      throw invalid(name, "must be a number, not " + kind(value.orElseThrow()));
    }
    double number = value.orElseThrow().doubleValue();
    if (!(number >= least && number <= most) || Double.isInfinite(number)) {
      throw invalid(name, "(" + number + ") must lie in " + interval(least, most));
    }
    return number;
  }

  private static String interval(double least, double most) {
    return Double.isInfinite(most) ? "[" + least + ", infinity)" : "[" + least + ", " + most + "]";
  }

  OptionalInt whole(String name, int least, int most) {
    OptionalLong value = whole(name);
    if (value.isPresent() && (value.getAsLong() < least || value.getAsLong() > most)) {
      throw invalid(
          name,
          "(" + value.getAsLong() + ") must be a whole number in [" + least + ", " + most + "]");
    }
    return value.isPresent() ? OptionalInt.of((int) value.getAsLong()) : OptionalInt.empty();
  }

  /** Returns a whole number of 64 bits; 3.0 is one. */
  OptionalLong whole(String name) {
    Optional<JsonNode> value = get(name);
    return value.isPresent()
        ? OptionalLong.of(whole(value.orElseThrow(), name))
        : OptionalLong.empty();
  }

  private long whole(JsonNode value, String name) {
    boolean fits =
        value.isIntegralNumber()
            ? value.canConvertToLong()
            : value.isNumber() && value.doubleValue() == (long) value.doubleValue();
    if (value.isIntegralNumber() && !fits) {
      throw invalid(name, "(" + brief(value.asText()) + ") must be a whole number of 64 bits");
    }
    if (!fits) {
      throw invalid(name, "must be a whole number, not " + kind(value));
    }
    return value.longValue();
  }

  /** Returns the strings of a field that is a string or a list of them. */
  ImmutableList<String> strings(String name) {
    Optional<JsonNode> value = get(name);
    if (value.isEmpty()) {
      return ImmutableList.of();
    }
    JsonNode present = value.orElseThrow();
    return present.isArray() ? strings(present, name) : ImmutableList.of(string(present, name));
  }

  private ImmutableList<String> strings(JsonNode list, String name) {
    ImmutableList.Builder<String> strings = ImmutableList.builder();
    for (int i = 0; i < list.size(); i++) {
      strings.add(string(list.get(i), name + "[" + i + "]"));
    }
    return strings.build();
  }

  /** Returns the token ids of a list. */
  ImmutableIntArray ids(JsonNode list, String name) {
    if (!list.isArray()) {
      throw invalid(name, "must be a list of token ids, not " + kind(list));
    }
    ImmutableIntArray.Builder ids = ImmutableIntArray.builder(list.size());
    for (int i = 0; i < list.size(); i++) {
      long id = whole(list.get(i), name + "[" + i + "]");
      if (id < 0 || id > Integer.MAX_VALUE) {
        throw invalid(name + "[" + i + "]", "(" + id + ") must be a token id");
      }
      ids.add((int) id);
    }
    return ids.build();
  }

  /** Returns the fields of an object; none where it is absent. */
  Optional<Fields> object(String name) {
    return get(name).map(value -> object(value, name));
  }

  private Fields object(JsonNode value, String name) {
    if (!(value instanceof ObjectNode object)) {
      throw invalid(name, "must be an object, not " + kind(value));
    }
    return new Fields(object, path(name));
  }

  /** Returns the fields of each object of a list; none where it is absent. */
  ImmutableList<Fields> objects(String name) {
    Optional<JsonNode> value = get(name);
    if (value.isEmpty()) {
      return ImmutableList.of();
    }
    JsonNode list = value.orElseThrow();
    if (!list.isArray()) {
      throw invalid(name, "must be a list, not " + kind(list));
    }
    return Streams.mapWithIndex(
            Streams.stream(list), (element, index) -> object(element, name + "[" + index + "]"))
        .collect(toImmutableList());
  }

  static String kind(JsonNode value) {
    return switch (value.getNodeType()) {
      case ARRAY -> "a list";
      case OBJECT -> "an object";
      case STRING -> "a string";
      case NUMBER -> "the number " + brief(value.asText());
      case BOOLEAN -> value.asText();
      case NULL, MISSING -> "null";
      case BINARY, POJO -> "binary data";
    };
  }

  private static String brief(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "...";
  }
}
