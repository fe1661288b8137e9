package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import java.util.Iterator;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** What {@code keys()}, {@code values()} and {@code items()} of a dict return. */
record DictView(DictValue dict, Kind kind) implements Value {
  /** Which part of the entries a view shows. */
  enum Kind {
    KEYS("dict_keys"),
    VALUES("dict_values"),
    ITEMS("dict_items");

    private final String typeName;

    Kind(String typeName) {
      this.typeName = typeName;
    }

    private Value of(DictValue.Entry entry) {
      return switch (this) {
        case KEYS -> entry.key();
        case VALUES -> entry.value();
        case ITEMS -> SequenceValue.TupleValue.pair(entry.key(), entry.value());
      };
    }
  }

  /** Returns what the view shows, as a list. */
  ImmutableList<Value> elements() {
    return StreamSupport.stream(dict.entries().spliterator(), false)
        .map(kind::of)
        .collect(ImmutableList.toImmutableList());
  }

  @Override
  public String typeName() {
    return kind.typeName;
  }

  @Override
  public boolean truth() {
    return dict.truth();
  }

  @Override
  public String repr() {
    return elements().stream()
        .map(Value::repr)
        .collect(Collectors.joining(", ", kind.typeName + "([", "])"));
  }

  @Override
  public int weight() {
    return dict.weight();
  }

  @Override
  public boolean hasLength() {
    return true;
  }

  @Override
  public int length() {
    return dict.length();
  }

  @Override
  public boolean isIterable() {
    return true;
  }

  @Override
  public Iterator<Value> iterate() {
    return elements().iterator();
  }

  @Override
  public Value asKey() {
    throw new JinjaException("unhashable type: '" + kind.typeName + "'");
  }

  /** Views of keys and of items are sets; one of values equals only itself. */
  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof DictView view
            && kind != Kind.VALUES
            && view.kind != Kind.VALUES
            && view.length() == length()
            && elements().stream().allMatch(view.elements()::contains));
  }

  @Override
  public int hashCode() {
    return kind.hashCode();
  }
}
