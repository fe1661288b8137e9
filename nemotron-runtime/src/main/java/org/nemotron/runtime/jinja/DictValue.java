package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableSet;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A dict: keys in the order of their first appearance. Immutable, as in Jinja2's sandbox. */
public final class DictValue implements Value {
  private static final ImmutableSet<String> CHANGING =
      ImmutableSet.of("clear", "pop", "popitem", "setdefault", "update");

  /** By {@link Value#asKey}: the key as it was first given, and the value. */
  private final Map<Value, Entry> entries;

  private final int weight;

  /**
   * A key as it was given, which may be True where 1 is asked for, and its value.
   *
   * @param key the key
   * @param value its value
   */
  public record Entry(Value key, Value value) {}

  private DictValue(Map<Value, Entry> entries) {
    this.entries = Collections.unmodifiableMap(entries);
    long sum = 1;
    for (Entry entry : entries.values()) {
      sum += (long) entry.key().weight() + entry.value().weight();
    }
    if (sum > MAX_WEIGHT) {
      throw new JinjaException("a value of more than " + MAX_WEIGHT + " elements is refused");
    }
    this.weight = (int) sum;
  }

  /** Collects the entries of a dict; a later value of a key replaces the earlier one. */
  public static final class Builder {
    private final Map<Value, Entry> entries = new LinkedHashMap<>();

    /** Sets one entry. */
    @com.google.errorprone.annotations.CanIgnoreReturnValue
    public Builder put(Value key, Value value) {
      Value asKey = key.asKey();
      Entry former = entries.get(asKey);
      entries.put(asKey, new Entry(former == null ? key : former.key(), value));
      return this;
    }

    /** Returns the dict. */
    public DictValue build() {
      return new DictValue(new LinkedHashMap<>(entries));
    }
  }

  /** Returns {@code dict(value)}: of a dict, or of pairs. */
  static Builder copyOf(Value value) {
    Builder builder = new Builder();
    if (value instanceof DictValue dict) {
      dict.forEach(builder::put);
      return builder;
    }
    for (Iterator<Value> pairs = value.iterate(); pairs.hasNext(); ) {
      SequenceValue.ListValue pair = SequenceValue.ListValue.of(pairs.next());
      if (pair.length() != 2) {
        throw new JinjaException(
            "dictionary update sequence element has length " + pair.length() + "; 2 is required");
      }
      builder.put(pair.elements().get(0), pair.elements().get(1));
    }
    return builder;
  }

  /** Calls {@code action} with each key and its value. */
  void forEach(BiConsumer<Value, Value> action) {
    entries.values().forEach(entry -> action.accept(entry.key(), entry.value()));
  }

  /** Returns the entries in their order. */
  Iterable<Entry> entries() {
    return entries.values();
  }

  /** Returns the value of a key that is a text. */
  public Optional<Value> get(String key) {
    return item(new Text(key));
  }

  @Override
  public String typeName() {
    return "dict";
  }

  @Override
  public boolean truth() {
    return !entries.isEmpty();
  }

  @Override
  public String repr() {
    return entries.values().stream()
        .map(entry -> entry.key().repr() + ": " + entry.value().repr())
        .collect(Collectors.joining(", ", "{", "}"));
  }

  @Override
  public int weight() {
    return weight;
  }

  @Override
  public boolean hasLength() {
    return true;
  }

  @Override
  public int length() {
    return entries.size();
  }

  @Override
  public boolean hasItems() {
    return true;
  }

  @Override
  public Optional<Value> item(Value key) {
    if (key instanceof SequenceValue.ListValue || key instanceof DictValue) {
      return Optional.empty(); // not hashable: a TypeError, which is undefined in a template
    }
    return Optional.ofNullable(entries.get(key.asKey())).map(Entry::value);
  }

  @Override
  public Optional<Value> attribute(String name) {
    if (CHANGING.contains(name)) {
      return Optional.of(Undefined.unsafe(this, name));
    }
    return DictMethods.find(this, name);
  }

  @Override
  public boolean isIterable() {
    return true;
  }

  @Override
  public Iterator<Value> iterate() {
    return entries.values().stream().map(Entry::key).iterator();
  }

  @Override
  public boolean contains(Value element) {
    return entries.containsKey(element.asKey());
  }

  @Override
  public Value asKey() {
    throw new JinjaException("unhashable type: 'dict'");
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof DictValue dict) || dict.entries.size() != entries.size()) {
      return false;
    }
    for (var entry : entries.entrySet()) {
      Entry theirs = dict.entries.get(entry.getKey());
      if (theirs == null || !theirs.value().equals(entry.getValue().value())) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    return entries.keySet().hashCode();
  }
}
