package org.nemotron.runtime.jinja;

import java.util.Iterator;
import java.util.Optional;

/**
 * A value of a template, with Python's meaning of each operation.
 *
 * <p>{@code equals} and {@code hashCode} are Python's: {@code 1}, {@code 1.0} and {@code True} are
 * equal. The defaults of this interface are those of an object that does not support an operation.
 */
public sealed interface Value
    permits None,
        Numeric,
        Text,
        SequenceValue,
        RangeValue,
        DictValue,
        DictView,
        IteratorValue,
        Undefined,
        Namespace,
        Callable {

  /** The most characters of a text, and elements of a value with those of its elements. */
  int MAX_WEIGHT = 1 << 24;

  /** Returns the name of Python's type, such as "str". */
  String typeName();

  /** Returns {@code bool(value)}. */
  default boolean truth() {
    return true;
  }

  /** Returns {@code str(value)}. */
  default String str() {
    return repr();
  }

  /** Returns {@code repr(value)}. */
  default String repr() {
    throw new JinjaException("a value of type " + typeName() + " cannot be written as text here");
  }

  /** Returns how much there is to do in reading the whole value: characters and elements. */
  default int weight() {
    return 1;
  }

  /** Returns {@code value[key]}, or empty where Python raises a TypeError or a LookupError. */
  default Optional<Value> item(Value key) {
    return Optional.empty();
  }

  /** Returns Python's own attribute {@code name} of the value, such as a method of a text. */
  default Optional<Value> attribute(String name) {
    return Optional.empty();
  }

  /** Returns whether the value has a length: whether {@link #length} does not fail. */
  default boolean hasLength() {
    return false;
  }

  /** Returns {@code len(value)}. */
  default int length() {
    throw new JinjaException("object of type '" + typeName() + "' has no len()");
  }

  /** Returns whether the value has items by index or key: Python's {@code __getitem__}. */
  default boolean hasItems() {
    return false;
  }

  /** Returns whether {@link #iterate} does not fail. */
  default boolean isIterable() {
    return false;
  }

  /** Returns {@code iter(value)}. */
  default Iterator<Value> iterate() {
    throw new JinjaException("'" + typeName() + "' object is not iterable");
  }

  /** Returns {@code element in value}. */
  default boolean contains(Value element) {
    if (!isIterable()) {
      throw new JinjaException("argument of type '" + typeName() + "' is not iterable");
    }
    for (Iterator<Value> elements = iterate(); elements.hasNext(); ) {
      if (elements.next().equals(element)) {
        return true;
      }
    }
    return false;
  }

  /** Returns this value as a key of a dictionary, or of a set. */
  default Value asKey() {
    return this;
  }

  /** Returns {@code value(arguments)}. */
  default Value call(Arguments arguments, Rendering rendering) {
    throw new JinjaException("'" + typeName() + "' object is not callable");
  }

  /**
   * Returns {@code value.name} in a template: the attribute, or else the item, or else an undefined
   * value.
   */
  static Value attributeOf(Value value, String name) {
    return guarded(value, name)
        .or(() -> value.item(new Text(name)))
        .orElseGet(() -> Undefined.attribute(value, name));
  }

  /** Returns {@code value[key]} in a template: the item, or else the attribute, or undefined. */
  static Value itemOf(Value value, Value key) {
    return value
        .item(key)
        .or(() -> key instanceof Text name ? guarded(value, name.value()) : Optional.empty())
        .orElseGet(() -> Undefined.element(value, key));
  }

  /** Returns the attribute; one that the sandbox shuts off is undefined. */
  static Optional<Value> guarded(Value value, String name) {
    if (name.startsWith("__") && name.endsWith("__") && !(value instanceof Undefined)) {
      return Optional.of(Undefined.unsafe(value, name));
    }
    return value.attribute(name);
  }
}
