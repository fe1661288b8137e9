package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.Iterator;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A list or a tuple. Immutable, as in the immutable sandbox of Jinja2. */
public sealed interface SequenceValue extends Value {
  /** Returns the elements. */
  ImmutableList<Value> elements();

  /** Returns a sequence of the same type with other elements. */
  SequenceValue like(ImmutableList<Value> elements);

  @Override
  default boolean truth() {
    return !elements().isEmpty();
  }

  @Override
  default boolean hasLength() {
    return true;
  }

  @Override
  default int length() {
    return elements().size();
  }

  @Override
  default boolean hasItems() {
    return true;
  }

  @Override
  default Optional<Value> item(Value key) {
    if (key instanceof Numeric number && number.isIntegral()) {
      return Slice.position(number.integer(), length()).map(elements()::get);
    }
    return Optional.empty();
  }

  @Override
  default boolean isIterable() {
    return true;
  }

  @Override
  default Iterator<Value> iterate() {
    return elements().iterator();
  }

  private static int weigh(ImmutableList<Value> elements) {
    long weight = 1;
    for (Value element : elements) {
      weight += element.weight();
    }
    if (weight > MAX_WEIGHT) {
      throw new JinjaException("a value of more than " + MAX_WEIGHT + " elements is refused");
    }
    return (int) weight;
  }

  private static String joined(ImmutableList<Value> elements) {
    return elements.stream().map(Value::repr).collect(Collectors.joining(", "));
  }

  /** A list. */
  final class ListValue implements SequenceValue {
    private static final ImmutableSet<String> CHANGING =
        ImmutableSet.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");

    private final ImmutableList<Value> elements;
    private final int weight;

    /** Makes a list. */
    public ListValue(ImmutableList<Value> elements) {
      this.elements = elements;
      this.weight = weigh(elements);
    }

    /** Returns {@code list(value)}. */
    static ListValue of(Value value) {
      return value instanceof SequenceValue sequence
          ? new ListValue(sequence.elements())
          : new ListValue(ImmutableList.copyOf(value.iterate()));
    }

    @Override
    public ImmutableList<Value> elements() {
      return elements;
    }

    @Override
    public ListValue like(ImmutableList<Value> others) {
      return new ListValue(others);
    }

    @Override
    public String typeName() {
      return "list";
    }

    @Override
    public int weight() {
      return weight;
    }

    @Override
    public Optional<Value> attribute(String name) {
      if (CHANGING.contains(name)) {
        return Optional.of(Undefined.unsafe(this, name));
      }
      return switch (name) {
        case "copy" -> Optional.of(Method.of(this, name, Signature.of(), bound -> this));
        case "index", "count" -> Optional.of(SequenceMethods.of(this, name));
        default -> Optional.empty();
      };
    }

    @Override
    public Value asKey() {
      throw new JinjaException("unhashable type: 'list'");
    }

    @Override
    public String repr() {
      return "[" + joined(elements) + "]";
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof ListValue list && list.elements.equals(elements);
    }

    @Override
    public int hashCode() {
      return elements.hashCode();
    }
  }

  /** A tuple, or a named one, whose elements are attributes too. */
  final class TupleValue implements SequenceValue {
    private final ImmutableList<Value> elements;
    private final ImmutableList<String> names;
    private final int weight;

    private TupleValue(ImmutableList<Value> elements, ImmutableList<String> names) {
      this.elements = elements;
      this.names = names;
      this.weight = weigh(elements);
    }

    /** Makes a tuple. */
    public TupleValue(ImmutableList<Value> elements) {
      this(elements, ImmutableList.of());
    }

    /** Returns a tuple of two. */
    static TupleValue pair(Value first, Value second) {
      return new TupleValue(ImmutableList.of(first, second));
    }

    /** Returns a pair whose elements have names. */
    static TupleValue named(String firstName, Value first, String secondName, Value second) {
      return new TupleValue(
          ImmutableList.of(first, second), ImmutableList.of(firstName, secondName));
    }

    @Override
    public ImmutableList<Value> elements() {
      return elements;
    }

    @Override
    public TupleValue like(ImmutableList<Value> others) {
      return new TupleValue(others);
    }

    @Override
    public String typeName() {
      return "tuple";
    }

    @Override
    public int weight() {
      return weight;
    }

    @Override
    public Optional<Value> attribute(String name) {
      int place = names.indexOf(name);
      if (place >= 0) {
        return Optional.of(elements.get(place));
      }
      return name.equals("index") || name.equals("count")
          ? Optional.of(SequenceMethods.of(this, name))
          : Optional.empty();
    }

    @Override
    public Value asKey() {
      return new TupleValue(
          elements.stream().map(Value::asKey).collect(ImmutableList.toImmutableList()));
    }

    @Override
    public String repr() {
      return elements.size() == 1
          ? "(" + elements.get(0).repr() + ",)"
          : "(" + joined(elements) + ")";
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof TupleValue tuple && tuple.elements.equals(elements);
    }

    @Override
    public int hashCode() {
      return 31 * elements.hashCode();
    }
  }
}
