package org.nemotron.runtime.jinja;

import java.util.Collections;
import java.util.Iterator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a template gets for what is not there: empty text, false, nothing to loop over; any other
 * use fails with {@code message}.
 */
record Undefined(String message) implements Value {
  /** Returns a variable that is not set. */
  static Undefined variable(String name) {
    return new Undefined(StringRepr.of(name) + " is undefined");
  }

  /** Returns the attribute that {@code value} has not. */
  static Undefined attribute(Value value, String name) {
    return new Undefined(
        StringRepr.of(objectName(value)) + " has no attribute " + StringRepr.of(name));
  }

  /** Returns the element that {@code value} has not. */
  static Undefined element(Value value, Value key) {
    return key instanceof Text name
        ? attribute(value, name.value())
        : new Undefined(objectName(value) + " has no element " + described(key));
  }

  private static String described(Value key) {
    return key instanceof Numeric || key == None.NONE ? key.repr() : "of type " + key.typeName();
  }

  private static String objectName(Value value) {
    return value == None.NONE ? "None" : value.typeName() + " object";
  }

  /** Returns the attribute that the sandbox shuts off. */
  static Undefined unsafe(Value value, String name) {
    return new Undefined(
        "access to attribute "
            + StringRepr.of(name)
            + " of "
            + StringRepr.of(value.typeName())
            + " object is unsafe.");
  }

  /** Returns the error of a use that an undefined value does not have. */
  JinjaException failure() {
    return new JinjaException(message);
  }

  @Override
  public String typeName() {
    return "Undefined";
  }

  @Override
  public boolean truth() {
    return false;
  }

  @Override
  public String str() {
    return "";
  }

  @Override
  public String repr() {
    return "Undefined";
  }

  @Override
  public Optional<Value> item(Value key) {
    throw failure();
  }

  @Override
  public Optional<Value> attribute(String name) {
    throw failure();
  }

  @Override
  public boolean hasLength() {
    return true;
  }

  @Override
  public int length() {
    return 0;
  }

  @Override
  public boolean hasItems() {
    return true;
  }

  @Override
  public boolean isIterable() {
    return true;
  }

  @Override
  public Iterator<Value> iterate() {
    return Collections.emptyIterator();
  }

  @Override
  public Value call(Arguments arguments, Rendering rendering) {
    throw failure();
  }

  /** All undefined values are equal. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Undefined;
  }

  @Override
  public int hashCode() {
    return 0;
  }
}
