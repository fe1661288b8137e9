package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.nemotron.runtime.jinja.Filters.Registry;
import org.nemotron.runtime.jinja.Signature.Bound;

/** The filters that put elements in order. */
final class SortingFilters {
  private SortingFilters() {}

  static void addTo(Registry registry) {
    registry.add(
        "sort", Signature.of("reverse?", "case_sensitive?", "attribute?"), SortingFilters::sort);
    registry.add(
        "dictsort", Signature.of("case_sensitive?", "by?", "reverse?"), SortingFilters::sortDict);
    registry.add(
        "groupby", Signature.of("attribute", "default?", "case_sensitive?"), SortingFilters::group);
    Signature extreme = Signature.of("case_sensitive?", "attribute?");
    registry.add("min", extreme, (value, bound) -> extreme(value, bound, false));
    registry.add("max", extreme, (value, bound) -> extreme(value, bound, true));
  }

  /** Returns a text in lower case, any other value as it is. */
  static Value ignoreCase(Value value) {
    return value instanceof Text text ? new Text(text.value().toLowerCase(Locale.ROOT)) : value;
  }

  private record Keyed(Value key, Value element) {}

  private static List<Value> sorted(
      Iterator<Value> elements, Function<Value, Value> key, boolean reverse) {
    List<Keyed> keyed = new ArrayList<>();
    elements.forEachRemaining(element -> keyed.add(new Keyed(key.apply(element), element)));
    Comparator<Keyed> order = (left, right) -> Comparison.order(left.key(), right.key());
    if (reverse) { // stable from both sides, as Python's
      Collections.reverse(keyed);
    }
    try {
      keyed.sort(order);
    } catch (IllegalArgumentException e) {
      throw new JinjaException("the elements have no order");
    }
    if (reverse) {
      Collections.reverse(keyed);
    }
    List<Value> sorted = new ArrayList<>();
    keyed.forEach(entry -> sorted.add(entry.element()));
    return sorted;
  }

  private static Function<Value, Value> key(Value attribute, boolean caseSensitive) {
    AttributePath path = AttributePath.of(attribute);
    return element -> caseSensitive ? path.get(element) : ignoreCase(path.get(element));
  }

  private static Value sort(Value value, Bound bound) {
    boolean caseSensitive = bound.flag(1, false);
    Value attribute = bound.orNone(2);
    ImmutableList.Builder<Function<Value, Value>> keys = ImmutableList.builder();
    if (attribute instanceof Text text) {
      for (String part : text.value().split(",", -1)) {
        keys.add(key(new Text(part), caseSensitive));
      }
    } else {
      keys.add(key(attribute, caseSensitive));
    }
    ImmutableList<Function<Value, Value>> all = keys.build();
    return Values.list(
        sorted(
            value.iterate(),
            element -> Values.list(all.stream().map(key -> key.apply(element)).toList()),
            bound.flag(0, false)));
  }

  private static Value sortDict(Value value, Bound bound) {
    String by = bound.maybeText(1).orElse("key");
    if (!by.equals("key") && !by.equals("value")) {
      throw new JinjaException("You can only sort by either \"key\" or \"value\"");
    }
    Arithmetic.checkDefined(value);
    if (!(value instanceof DictValue dict)) {
      throw new JinjaException("'" + value.typeName() + "' object has no attribute 'items'");
    }
    Value place = new Numeric.Int(by.equals("key") ? 0 : 1);
    return Values.list(
        sorted(
            new DictView(dict, DictView.Kind.ITEMS).iterate(),
            key(place, bound.flag(0, false)),
            bound.flag(2, false)));
  }

  private static Value group(Value value, Bound bound) {
    AttributePath path = AttributePath.of(bound.get(0), bound.maybe(1));
    boolean caseSensitive = bound.flag(2, false);
    Function<Value, Value> key =
        element -> caseSensitive ? path.get(element) : ignoreCase(path.get(element));
    List<Value> groups = new ArrayList<>();
    List<Value> group = new ArrayList<>();
    for (Value element : sorted(value.iterate(), key, false)) {
      if (!group.isEmpty() && !key.apply(group.get(0)).equals(key.apply(element))) {
        groups.add(groupOf(group, path));
        group = new ArrayList<>();
      }
      group.add(element);
    }
    if (!group.isEmpty()) {
      groups.add(groupOf(group, path));
    }
    return Values.list(groups);
  }

  private static Value groupOf(List<Value> elements, AttributePath path) {
    return SequenceValue.TupleValue.named(
        "grouper", path.get(elements.get(0)), "list", Values.list(elements));
  }

  private static Value extreme(Value value, Bound bound, boolean greatest) {
    Function<Value, Value> key = key(bound.orNone(1), bound.flag(0, false));
    Optional<Keyed> best = Optional.empty();
    for (Iterator<Value> elements = value.iterate(); elements.hasNext(); ) {
      Value element = elements.next();
      Keyed keyed = new Keyed(key.apply(element), element);
      boolean better =
          best.isEmpty()
              || (greatest
                  ? Comparison.GT.holds(keyed.key(), best.orElseThrow().key())
                  : Comparison.LT.holds(keyed.key(), best.orElseThrow().key()));
      best = better ? Optional.of(keyed) : best;
    }
    return best.map(Keyed::element)
        .orElseGet(() -> new Undefined("No aggregated item, sequence was empty."));
  }
}
