package org.nemotron.runtime.jinja;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import java.util.Map;

/** Values made of what Java has. */
public final class Values {
  private Values() {}

  /** Returns a dict with texts as keys. */
  public static DictValue dict(Map<String, Value> entries) {
    DictValue.Builder builder = new DictValue.Builder();
    entries.forEach((key, value) -> builder.put(new Text(key), value));
    return builder.build();
  }

  /** Returns a list. */
  public static Value list(Iterable<? extends Value> elements) {
    return new SequenceValue.ListValue(ImmutableList.copyOf(elements));
  }

  /**
   * Returns the value that Python's json module reads.
   *
   * @throws JinjaException if an integer is too large
   */
  public static Value of(JsonNode json) {
    return switch (json.getNodeType()) {
      case NULL, MISSING -> None.NONE;
      case BOOLEAN -> Numeric.Bool.of(json.booleanValue());
      case STRING -> new Text(json.textValue());
      case NUMBER -> number(json);
      case ARRAY -> array(json);
      case OBJECT -> object(json);
      case BINARY, POJO -> throw JinjaException.unknown("a " + json.getNodeType() + " in JSON");
    };
  }

  private static Value number(JsonNode json) {
    if (!json.isIntegralNumber()) {
      return new Numeric.Real(json.doubleValue());
    }
    return new Numeric.Int(json.bigIntegerValue());
  }

  private static Value array(JsonNode json) {
    ImmutableList.Builder<Value> elements = ImmutableList.builder();
    json.forEach(element -> elements.add(of(element)));
    return new SequenceValue.ListValue(elements.build());
  }

  private static Value object(JsonNode json) {
    DictValue.Builder builder = new DictValue.Builder();
    json.properties().forEach(entry -> builder.put(new Text(entry.getKey()), of(entry.getValue())));
    return builder.build();
  }
}
