package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import org.nemotron.runtime.jinja.Signature.Bound;

/** The filters of Jinja2, by name. */
final class Filters {
  /** What a filter does. */
  interface Filter {
    /** Returns what the filter makes of a value. */
    Value apply(Value value, Arguments arguments, Rendering rendering);
  }

  /** What a filter with fixed parameters does. */
  interface Body {
    Value apply(Value value, Bound bound);
  }

  /** What Jinja2 has besides. */
  private static final ImmutableSet<String> UNKNOWN =
      ImmutableSet.of("pprint", "random", "urlize", "wordwrap");

  private static final ImmutableMap<String, Filter> FILTERS = filters();

  private Filters() {}

  static boolean isKnown(String name) {
    return FILTERS.containsKey(name) || UNKNOWN.contains(name);
  }

  /**
   * Returns what a filter makes of a value.
   *
   * @throws JinjaException if there is no such filter, or it fails
   */
  static Value apply(String name, Value value, Arguments arguments, Rendering rendering) {
    Filter filter = FILTERS.get(name);
    if (filter == null) {
      throw UNKNOWN.contains(name)
          ? JinjaException.unknown("the filter " + name)
          : new JinjaException("No filter named '" + name + "'.");
    }
    rendering.budget().spend(value.weight() + arguments.weight());
    return filter.apply(value, arguments, rendering);
  }

  private static ImmutableMap<String, Filter> filters() {
    Registry registry = new Registry();
    TextFilters.addTo(registry);
    NumberFilters.addTo(registry);
    SequenceFilters.addTo(registry);
    SelectingFilters.addTo(registry);
    SortingFilters.addTo(registry);
    registry.add("tojson", JsonText.SIGNATURE, JsonText::filter);
    return registry.filters.buildOrThrow();
  }

  /** Collects the filters. */
  static final class Registry {
    private final ImmutableMap.Builder<String, Filter> filters = ImmutableMap.builder();

    /** Adds a filter that takes what it is given. */
    void add(String name, Filter filter) {
      filters.put(name, filter);
    }

    /** Adds a filter with fixed parameters. */
    void add(String name, Signature signature, Body body) {
      add(
          name,
          (value, arguments, rendering) ->
              body.apply(value, signature.bind("filter " + name, arguments)));
    }
  }
}
