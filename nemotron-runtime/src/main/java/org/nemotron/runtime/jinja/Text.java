package org.nemotron.runtime.jinja;

import java.util.Iterator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A str. Its characters are code points. */
public final class Text implements Value {
  /** The empty text. */
  static final Text EMPTY = new Text("");

  private final String value;

  /** Whether the text was marked as safe HTML: Python's {@code Markup}. */
  private final boolean safe;

  private Text(String value, boolean safe) {
    if (value.length() > MAX_WEIGHT) {
      throw new JinjaException("a text of more than " + MAX_WEIGHT + " characters is refused");
    }
    this.value = value;
    this.safe = safe;
  }

  /** Makes a text of at most {@value Value#MAX_WEIGHT} characters. */
  public Text(String value) {
    this(value, false);
  }

  /** Returns a text that is not escaped again. */
  static Text safe(String value) {
    return new Text(value, true);
  }

  /** Returns {@code value}, safe where this text is. */
  Text like(String changed) {
    return new Text(changed, safe);
  }

  /** Returns the characters. */
  public String value() {
    return value;
  }

  boolean isSafe() {
    return safe;
  }

  @Override
  public String typeName() {
    return safe ? "Markup" : "str";
  }

  @Override
  public boolean truth() {
    return !value.isEmpty();
  }

  @Override
  public String str() {
    return value;
  }

  @Override
  public String repr() {
    return safe ? "Markup(" + StringRepr.of(value) + ")" : StringRepr.of(value);
  }

  @Override
  public int weight() {
    return value.length() + 1;
  }

  @Override
  public boolean hasLength() {
    return true;
  }

  @Override
  public int length() {
    return value.codePointCount(0, value.length());
  }

  @Override
  public boolean hasItems() {
    return true;
  }

  @Override
  public Optional<Value> item(Value key) {
    if (key instanceof Numeric number && number.isIntegral()) {
      return Slice.position(number.integer(), length()).map(this::character);
    }
    return Optional.empty();
  }

  private Value character(int index) {
    int begin = value.offsetByCodePoints(0, index);
    return like(value.substring(begin, value.offsetByCodePoints(begin, 1)));
  }

  @Override
  public Optional<Value> attribute(String name) {
    return TextMethods.find(this, name);
  }

  @Override
  public boolean isIterable() {
    return true;
  }

  @Override
  public Iterator<Value> iterate() {
    return value.codePoints().mapToObj(c -> (Value) new Text(Character.toString(c))).iterator();
  }

  @Override
  public boolean contains(Value element) {
    if (!(element instanceof Text part)) {
      throw new JinjaException(
          "'in <string>' requires string as left operand, not " + element.typeName());
    }
    return value.contains(part.value);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Text text && text.value.equals(value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public String toString() {
    return value;
  }
}
