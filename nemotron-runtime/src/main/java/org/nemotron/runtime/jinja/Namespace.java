package org.nemotron.runtime.jinja;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What {@code namespace()} returns: the one value whose attributes a template sets. */
final class Namespace implements Value {
  private final Map<String, Value> attributes = new LinkedHashMap<>();

  void set(String name, Value value) {
    attributes.put(name, value);
  }

  @Override
  public String typeName() {
    return "jinja2.utils.Namespace";
  }

  @Override
  public String repr() {
    if (attributes.values().stream().anyMatch(Namespace::holdsNamespace)) {
      throw JinjaException.unknown("the text of a namespace within a namespace");
    }
    return "<Namespace " + Values.dict(attributes).repr() + ">";
  }

  private static boolean holdsNamespace(Value value) {
    if (value instanceof Namespace) {
      return true;
    }
    if (value instanceof DictValue dict) {
      return holdsNamespace(
          new SequenceValue.ListValue(new DictView(dict, DictView.Kind.VALUES).elements()));
    }
    return value instanceof SequenceValue sequence
        && sequence.elements().stream().anyMatch(Namespace::holdsNamespace);
  }

  @Override
  public Optional<Value> attribute(String name) {
    return Optional.ofNullable(attributes.get(name));
  }
}
