package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import java.util.Optional;

/**
 * The way to a part of a value: {@code address.city.0}. A missing part is the default, if there is
 * one.
 */
record AttributePath(ImmutableList<Value> parts, Optional<Value> otherwise) {

  /** Returns the path that a text, an index, or None for the value itself, stands for. */
  static AttributePath of(Value attribute) {
    return of(attribute, Optional.empty());
  }

  static AttributePath of(Value attribute, Optional<Value> otherwise) {
    Optional<Value> given = otherwise.filter(value -> value != None.NONE);
    if (attribute == None.NONE) {
      return new AttributePath(ImmutableList.of(), given);
    }
    if (!(attribute instanceof Text text)) {
      return new AttributePath(ImmutableList.of(attribute), given);
    }
    ImmutableList.Builder<Value> parts = ImmutableList.builder();
    for (String part : text.value().split("\\.", -1)) {
      boolean isIndex = Characters.all(part, Characters::isDigit) && part.length() < 10;
      parts.add(isIndex ? new Numeric.Int(Long.parseLong(part)) : new Text(part));
    }
    return new AttributePath(parts.build(), given);
  }

  /** Returns the part of a value. */
  Value get(Value value) {
    Value part = value;
    for (Value key : parts) {
      part = Value.itemOf(part, key);
      if (part instanceof Undefined && otherwise.isPresent()) {
        part = otherwise.orElseThrow();
      }
    }
    return part;
  }
}
