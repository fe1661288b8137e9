package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The variable {@code loop}. It reads the elements one at a time, as a condition may depend on what
 * earlier rounds set, and only as far ahead as it is asked for.
 */
final class LoopValue implements Callable {
  private final Value iterable;
  private final @Nullable Function<Value, Text> recursion;
  private final int depth;
  private Iterator<Value> elements;
  private int index = -1;
  private int length = -1;
  private @Nullable Value before;
  private @Nullable Value current;
  private @Nullable Value after;
  private @Nullable Value lastChanged;

  /**
   * Makes the variable of a loop.
   *
   * @param recursion what renders the loop over other elements, or null if it is not recursive
   * @param depth how many loops of the same recursion lie around it
   */
  LoopValue(Value iterable, @Nullable Function<Value, Text> recursion, int depth) {
    this.iterable = iterable;
    this.recursion = recursion;
    this.depth = depth;
    this.elements = iterable.iterate();
  }

  /** Goes to the next element, if there is one. */
  boolean advance() {
    Value next = peek();
    if (next == null) {
      return false;
    }
    after = null;
    index++;
    before = current;
    current = next;
    return true;
  }

  private @Nullable Value peek() {
    if (after == null && elements.hasNext()) {
      after = elements.next();
    }
    return after;
  }

  /** Returns the element of this round. */
  Value current() {
    if (current == null) {
      throw new IllegalStateException("the loop has not begun");
    }
    return current;
  }

  @Override
  public String repr() {
    return "<LoopContext " + (index + 1) + "/" + length() + ">";
  }

  @Override
  public boolean hasLength() {
    return true;
  }

  @Override
  public int length() {
    if (length < 0) {
      if (iterable.hasLength()) {
        length = iterable.length();
      } else {
        ImmutableList<Value> rest = ImmutableList.copyOf(elements);
        elements = rest.iterator();
        length = rest.size() + index + 1 + (after == null ? 0 : 1);
      }
    }
    return length;
  }

  @Override
  public String typeName() {
    return "jinja2.runtime.LoopContext";
  }

  @Override
  public Optional<Value> attribute(String name) {
    return switch (name) {
      case "index" -> number(index + 1);
      case "index0" -> number(index);
      case "revindex" -> number(length() - index);
      case "revindex0" -> number(length() - index - 1);
      case "length" -> number(length());
      case "depth" -> number(depth + 1);
      case "depth0" -> number(depth);
      case "first" -> Optional.of(Numeric.Bool.of(index == 0));
      case "last" -> Optional.of(Numeric.Bool.of(peek() == null));
      case "previtem" -> Optional.of(orUndefined(before, "there is no previous item"));
      case "nextitem" -> Optional.of(orUndefined(peek(), "there is no next item"));
      case "cycle" -> Optional.of(Method.of(this, (arguments, rendering) -> cycle(arguments)));
      case "changed" -> Optional.of(Method.of(this, (arguments, rendering) -> changed(arguments)));
      default -> Optional.empty();
    };
  }

  private static Optional<Value> number(int value) {
    return Optional.of(new Numeric.Int(value));
  }

  private static Value orUndefined(@Nullable Value item, String sentence) {
    return item == null ? new Undefined(sentence) : item;
  }

  private Value cycle(Arguments arguments) {
    if (arguments.positional().isEmpty()) {
      throw new JinjaException("no items for cycling given");
    }
    return arguments.positional().get(index % arguments.positional().size());
  }

  private Value changed(Arguments arguments) {
    Value values = new SequenceValue.TupleValue(arguments.positional());
    boolean changed = !values.equals(lastChanged);
    lastChanged = values;
    return Numeric.Bool.of(changed);
  }

  @Override
  public Value call(Arguments arguments, Rendering rendering) {
    if (recursion == null) {
      throw new JinjaException(
          "The loop must have the 'recursive' marker to be called recursively.");
    }
    return recursion.apply(Signature.of("iterable").bind("loop", arguments).get(0));
  }
}
