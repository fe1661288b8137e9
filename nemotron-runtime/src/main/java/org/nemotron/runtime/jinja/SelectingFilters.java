package org.nemotron.runtime.jinja;

import com.google.common.collect.AbstractIterator;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Iterators;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.nemotron.runtime.jinja.Filters.Registry;

/** The filters that change or choose elements one by one, as they are read. */
final class SelectingFilters {
  private SelectingFilters() {}

  static void addTo(Registry registry) {
    registry.add("map", SelectingFilters::map);
    registry.add("select", (value, arguments, run) -> select(value, arguments, run, true, false));
    registry.add("reject", (value, arguments, run) -> select(value, arguments, run, false, false));
    registry.add(
        "selectattr", (value, arguments, run) -> select(value, arguments, run, true, true));
    registry.add(
        "rejectattr", (value, arguments, run) -> select(value, arguments, run, false, true));
  }

  /** A generator begins its work, and meets its errors, when its first element is asked for. */
  private abstract static class Lazily extends AbstractIterator<Value> {
    private final Value value;
    private @Nullable Iterator<Value> elements;

    private Lazily(Value value) {
      this.value = value;
    }

    /** Called once, before the first element, if there may be one. */
    abstract void begin();

    /** Returns what becomes of an element, if it is chosen. */
    abstract Optional<Value> chosen(Value element);

    @Override
    protected @Nullable Value computeNext() {
      if (elements == null) {
        elements = value.truth() ? value.iterate() : Iterators.forArray();
        if (value.truth()) {
          begin();
        }
      }
      while (elements.hasNext()) {
        Optional<Value> chosen = chosen(elements.next());
        if (chosen.isPresent()) {
          return chosen.orElseThrow();
        }
      }
      return endOfData();
    }
  }

  private static Value map(Value value, Arguments arguments, Rendering rendering) {
    return IteratorValue.generator(
        new Lazily(value) {
          private Function<Value, Value> change = Function.identity();

          @Override
          void begin() {
            change = change(arguments, rendering);
          }

          @Override
          Optional<Value> chosen(Value element) {
            rendering.budget().spend();
            return Optional.of(change.apply(element));
          }
        });
  }

  private static Function<Value, Value> change(Arguments arguments, Rendering rendering) {
    if (arguments.positional().isEmpty() && arguments.named().containsKey("attribute")) {
      for (String name : arguments.named().keySet()) {
        if (!name.equals("attribute") && !name.equals("default")) {
          throw new JinjaException("Unexpected keyword argument '" + name + "'");
        }
      }
      ImmutableMap<String, Value> named = arguments.named();
      AttributePath path =
          AttributePath.of(
              Optional.ofNullable(named.get("attribute")).orElse(None.NONE),
              Optional.ofNullable(named.get("default")));
      return path::get;
    }
    if (arguments.positional().isEmpty()) {
      throw new JinjaException("map requires a filter argument");
    }
    String name = arguments.positional().get(0).str();
    Arguments rest = arguments.skip(1);
    return element -> Filters.apply(name, element, rest, rendering);
  }

  private static Value select(
      Value value, Arguments arguments, Rendering rendering, boolean chosen, boolean byAttribute) {
    return IteratorValue.generator(
        new Lazily(value) {
          private Predicate<Value> test = element -> true;

          @Override
          void begin() {
            test = test(arguments, rendering, byAttribute);
          }

          @Override
          Optional<Value> chosen(Value element) {
            rendering.budget().spend();
            return test.test(element) == chosen ? Optional.of(element) : Optional.empty();
          }
        });
  }

  private static Predicate<Value> test(
      Arguments arguments, Rendering rendering, boolean byAttribute) {
    if (byAttribute && arguments.positional().isEmpty()) {
      throw new JinjaException("Missing parameter for attribute name");
    }
    AttributePath path = AttributePath.of(byAttribute ? arguments.positional().get(0) : None.NONE);
    Arguments rest = byAttribute ? arguments.skip(1) : arguments;
    if (rest.positional().isEmpty()) {
      return element -> path.get(element).truth();
    }
    String name = rest.positional().get(0).str();
    Arguments more = rest.skip(1);
    return element -> Tests.apply(name, path.get(element), more, rendering);
  }
}
