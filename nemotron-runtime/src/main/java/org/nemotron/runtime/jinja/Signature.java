package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a function.
 *
 * @param names what they are called
 * @param required how many of the first must be given
 * @param takesNames whether they may be given by name
 */
record Signature(ImmutableList<String> names, int required, boolean takesNames) {

  /** Returns parameters of which those that end in "?" are optional. */
  static Signature of(String... parameters) {
    int required = (int) Arrays.stream(parameters).filter(name -> !name.endsWith("?")).count();
    return new Signature(
        Arrays.stream(parameters)
            .map(name -> name.replace("?", ""))
            .collect(ImmutableList.toImmutableList()),
        required,
        true);
  }

  /** Returns these parameters, given by their place alone. */
  Signature positionalOnly() {
    return new Signature(names, required, false);
  }

  /**
   * Returns what a call passes for each parameter.
   *
   * @param function what is called, for errors
   */
  Bound bind(String function, Arguments arguments) {
    if (arguments.positional().size() > names.size()) {
      throw new JinjaException(
          function
              + "() takes at most "
              + names.size()
              + " arguments ("
              + arguments.positional().size()
              + " given)");
    }
    @Nullable Value[] values =
        Arrays.copyOf(arguments.positional().toArray(new Value[0]), names.size());
    arguments
        .named()
        .forEach(
            (name, value) -> {
              int place = takesNames ? names.indexOf(name) : -1;
              if (place < 0) {
                throw new JinjaException(
                    function + "() got an unexpected keyword argument '" + name + "'");
              }
              if (values[place] != null) {
                throw new JinjaException(
                    function + "() got multiple values for argument '" + name + "'");
              }
              values[place] = value;
            });
    for (int place = 0; place < required; place++) {
      if (values[place] == null) {
        throw new JinjaException(
            function + "() missing required argument: '" + names.get(place) + "'");
      }
    }
    return new Bound(function, names, values);
  }

  /** The arguments of one call by the places of the parameters. */
  static final class Bound {
    private final String function;
    private final ImmutableList<String> names;
    private final @Nullable Value[] values;

    private Bound(String function, ImmutableList<String> names, @Nullable Value[] values) {
      this.function = function;
      this.names = names;
      this.values = values;
    }

    /** Returns a required argument. */
    Value get(int place) {
      return maybe(place).orElseThrow();
    }

    /** Returns an argument, if it was given. */
    Optional<Value> maybe(int place) {
      return Optional.ofNullable(values[place]);
    }

    /** Returns an argument, or None. */
    Value orNone(int place) {
      return maybe(place).orElse(None.NONE);
    }

    /** Returns an argument that must be a str. */
    String text(int place) {
      return text(get(place), place);
    }

    /** Returns an argument that must be a str, empty if it was not given or None. */
    Optional<String> maybeText(int place) {
      return maybe(place).filter(value -> value != None.NONE).map(value -> text(value, place));
    }

    private String text(Value value, int place) {
      if (value instanceof Text text) {
        return text.value();
      }
      throw wrong(place, "str", value);
    }

    /** Returns an argument that must be an int, or {@code otherwise} if it was not given. */
    long integer(int place, long otherwise) {
      return maybe(place).map(value -> integer(value, place)).orElse(otherwise);
    }

    /** The same, where None stands for what was not given. */
    long integerOrNone(int place, long otherwise) {
      return orNone(place) == None.NONE ? otherwise : integer(place, otherwise);
    }

    private long integer(Value value, int place) {
      if (value instanceof Numeric number && number.isIntegral()) {
        return number.integer();
      }
      throw wrong(place, "int", value);
    }

    /** Returns the truth of an argument, or {@code otherwise} if it was not given. */
    boolean flag(int place, boolean otherwise) {
      return maybe(place).map(Value::truth).orElse(otherwise);
    }

    private JinjaException wrong(int place, String type, Value value) {
      if (value instanceof Undefined undefined) {
        return undefined.failure();
      }
      return new JinjaException(
          function
              + "() argument '"
              + names.get(place)
              + "' must be "
              + type
              + ", not "
              + value.typeName());
    }
  }
}
