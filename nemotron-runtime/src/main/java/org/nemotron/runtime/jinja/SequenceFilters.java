package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.nemotron.runtime.jinja.Filters.Registry;
import org.nemotron.runtime.jinja.Signature.Bound;

/** The filters that take a sequence as a whole, or any value. */
final class SequenceFilters {
  private SequenceFilters() {}

  static void addTo(Registry registry) {
    registry.add("length", Signature.of(), (value, bound) -> new Numeric.Int(value.length()));
    registry.add("count", Signature.of(), (value, bound) -> new Numeric.Int(value.length()));
    registry.add("list", Signature.of(), (value, bound) -> SequenceValue.ListValue.of(value));
    registry.add("first", Signature.of(), (value, bound) -> first(value));
    registry.add("last", Signature.of(), (value, bound) -> last(value));
    registry.add("reverse", Signature.of(), (value, bound) -> reverse(value));
    registry.add("items", Signature.of(), (value, bound) -> items(value));
    registry.add("sum", Signature.of("attribute?", "start?"), SequenceFilters::sum);
    registry.add("unique", Signature.of("case_sensitive?", "attribute?"), SequenceFilters::unique);
    registry.add("batch", Signature.of("linecount", "fill_with?"), SequenceFilters::batch);
    registry.add("slice", Signature.of("slices", "fill_with?"), SequenceFilters::slice);
    Signature otherwise = Signature.of("default_value?", "boolean?");
    registry.add("default", otherwise, SequenceFilters::otherwise);
    registry.add("d", otherwise, SequenceFilters::otherwise);
    registry.add("attr", Signature.of("name"), (value, bound) -> attribute(value, bound.text(0)));
  }

  private static Value otherwise(Value value, Bound bound) {
    boolean missing = value instanceof Undefined || (bound.flag(1, false) && !value.truth());
    return missing ? bound.maybe(0).orElse(Text.EMPTY) : value;
  }

  private static Value attribute(Value value, String name) {
    return Value.guarded(value, name).orElseGet(() -> Undefined.attribute(value, name));
  }

  private static Value first(Value value) {
    Iterator<Value> elements = value.iterate();
    return elements.hasNext()
        ? elements.next()
        : new Undefined("No first item, sequence was empty.");
  }

  private static Value last(Value value) {
    Iterator<Value> backwards =
        backwards(value)
            .orElseThrow(
                () -> new JinjaException("'" + value.typeName() + "' object is not reversible"));
    return backwards.hasNext()
        ? backwards.next()
        : new Undefined("No last item, sequence was empty.");
  }

  /** Returns {@code reversed(value)}, if the value has a last element. */
  private static Optional<Iterator<Value>> backwards(Value value) {
    if (!value.hasLength()) {
      return Optional.empty();
    }
    return Optional.of(Lists.reverse(ImmutableList.copyOf(value.iterate())).iterator());
  }

  private static Value reverse(Value value) {
    if (value instanceof Text text) {
      int[] characters = text.value().codePoints().toArray();
      StringBuilder out = new StringBuilder();
      for (int at = characters.length - 1; at >= 0; at--) {
        out.appendCodePoint(characters[at]);
      }
      return text.like(out.toString());
    }
    Optional<Iterator<Value>> backwards = backwards(value);
    if (backwards.isPresent()) {
      return new IteratorValue(value.typeName() + "_reverseiterator", backwards.orElseThrow());
    }
    if (!value.isIterable()) {
      throw new JinjaException("argument must be iterable");
    }
    return new SequenceValue.ListValue(ImmutableList.copyOf(value.iterate()).reverse());
  }

  private static Value items(Value value) {
    if (value instanceof Undefined) {
      return IteratorValue.generator(value.iterate());
    }
    if (!(value instanceof DictValue dict)) {
      throw new JinjaException("Can only get item pairs from a mapping.");
    }
    return IteratorValue.generator(new DictView(dict, DictView.Kind.ITEMS).iterate());
  }

  private static Value sum(Value value, Bound bound) {
    AttributePath path = AttributePath.of(bound.orNone(0));
    Value sum = bound.maybe(1).orElse(new Numeric.Int(0));
    if (sum instanceof Text) {
      throw new JinjaException("sum() can't sum strings [use ''.join(seq) instead]");
    }
    for (Iterator<Value> elements = value.iterate(); elements.hasNext(); ) {
      sum = Arithmetic.Operator.ADD.of(sum, path.get(elements.next()));
    }
    return sum;
  }

  private static Value unique(Value value, Bound bound) {
    AttributePath path = AttributePath.of(bound.orNone(1));
    boolean caseSensitive = bound.flag(0, false);
    Set<Value> seen = new HashSet<>();
    List<Value> kept = new ArrayList<>();
    for (Iterator<Value> elements = value.iterate(); elements.hasNext(); ) {
      Value element = elements.next();
      Value key = path.get(element);
      if (seen.add((caseSensitive ? key : SortingFilters.ignoreCase(key)).asKey())) {
        kept.add(element);
      }
    }
    return IteratorValue.generator(kept.iterator());
  }

  private static Value batch(Value value, Bound bound) {
    int size = (int) Math.min(Integer.MAX_VALUE, bound.integer(0, 0));
    Optional<Value> fill = bound.maybe(1).filter(filler -> filler != None.NONE);
    List<Value> batches = new ArrayList<>();
    List<Value> batch = new ArrayList<>();
    for (Iterator<Value> elements = value.iterate(); elements.hasNext(); ) {
      if (batch.size() == size) {
        batches.add(Values.list(batch));
        batch = new ArrayList<>();
      }
      batch.add(elements.next());
    }
    if (!batch.isEmpty()) {
      checkSize(size, fill);
      while (fill.isPresent() && batch.size() < size) {
        batch.add(fill.orElseThrow());
      }
      batches.add(Values.list(batch));
    }
    return IteratorValue.generator(batches.iterator());
  }

  private static void checkSize(long size, Optional<Value> fill) {
    if (fill.isPresent() && size > RangeValue.MAX_LENGTH) {
      throw new JinjaException("a value of more than " + size + " elements is refused");
    }
  }

  private static Value slice(Value value, Bound bound) {
    ImmutableList<Value> elements = ImmutableList.copyOf(value.iterate());
    long slices = bound.integer(0, 0);
    if (slices == 0) {
      throw new JinjaException("integer division or modulo by zero");
    }
    if (slices > RangeValue.MAX_LENGTH) {
      throw new JinjaException("more than " + RangeValue.MAX_LENGTH + " slices are refused");
    }
    Optional<Value> fill = bound.maybe(1).filter(filler -> filler != None.NONE);
    List<Value> parts = new ArrayList<>();
    int begin = 0;
    for (int number = 0; number < slices; number++) {
      boolean hasExtra = number < elements.size() % slices;
      int end = begin + (int) (elements.size() / slices) + (hasExtra ? 1 : 0);
      List<Value> part = new ArrayList<>(elements.subList(begin, end));
      if (!hasExtra) {
        fill.ifPresent(part::add);
      }
      parts.add(Values.list(part));
      begin = end;
    }
    return IteratorValue.generator(parts.iterator());
  }
}
