package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** A macro, or the block of a {@code call}: a function that returns the text it writes. */
final class Macro implements Callable {
  /**
   * A macro as it is written.
   *
   * @param name what it is called
   * @param parameters its parameters
   * @param defaults the defaults of the last ones
   * @param catchesArguments whether its body uses {@code varargs}
   * @param catchesNamed whether its body uses {@code kwargs}
   * @param usesCaller whether its body uses {@code caller}
   */
  record Definition(
      String name,
      ImmutableList<String> parameters,
      ImmutableList<Expression> defaults,
      boolean catchesArguments,
      boolean catchesNamed,
      boolean usesCaller,
      Statement.Block body) {}

  private final Definition definition;
  private final Scope scope;

  Macro(Definition definition, Scope scope) {
    this.definition = definition;
    this.scope = scope;
  }

  @Override
  public String typeName() {
    return "jinja2.runtime.Macro";
  }

  @Override
  public Optional<Value> attribute(String name) {
    return switch (name) {
      case "name" -> Optional.of(new Text(definition.name()));
      case "arguments" ->
          Optional.of(
              new SequenceValue.TupleValue(
                  definition.parameters().stream()
                      .map(Text::new)
                      .collect(ImmutableList.toImmutableList())));
      case "catch_kwargs" -> Optional.of(Numeric.Bool.of(definition.catchesNamed()));
      case "catch_varargs" -> Optional.of(Numeric.Bool.of(definition.catchesArguments()));
      case "caller" -> Optional.of(Numeric.Bool.of(definition.usesCaller()));
      default -> Optional.empty();
    };
  }

  @Override
  public Value call(Arguments arguments, Rendering rendering) {
    rendering.budget().enter();
    Scope inner = scope.inner(definition.body());
    Map<String, Value> named = new LinkedHashMap<>(arguments.named());
    bindParameters(arguments.positional(), named, inner);
    bindRest(arguments.positional(), named, inner);
    Text text = definition.body().text(inner);
    rendering.budget().leave();
    return text;
  }

  private void bindParameters(
      ImmutableList<Value> positional, Map<String, Value> named, Scope inner) {
    ImmutableList<String> parameters = definition.parameters();
    ImmutableList.Builder<Integer> missing = ImmutableList.builder();
    for (int place = 0; place < parameters.size(); place++) {
      String name = parameters.get(place);
      if (place < positional.size()) {
        inner.set(name, positional.get(place));
      } else if (named.containsKey(name)) {
        inner.set(name, named.remove(name));
      } else {
        inner.set(name, new Undefined("parameter '" + name + "' was not provided"));
        missing.add(place);
      }
    }
    int firstDefault = parameters.size() - definition.defaults().size();
    for (int place : missing.build()) {
      if (place >= firstDefault) {
        Expression otherwise = definition.defaults().get(place - firstDefault);
        inner.set(parameters.get(place), otherwise.evaluate(inner));
      }
    }
  }

  private void bindRest(ImmutableList<Value> positional, Map<String, Value> named, Scope inner) {
    int taken = definition.parameters().size();
    if (definition.usesCaller() && !definition.parameters().contains("caller")) {
      Value caller = named.remove("caller");
      inner.set("caller", caller == null ? new Undefined("No caller defined") : caller);
    }
    if (definition.catchesNamed()) {
      inner.set("kwargs", Values.dict(ImmutableMap.copyOf(named)));
    } else if (!named.isEmpty()) {
      throw new JinjaException(
          "macro '"
              + definition.name()
              + "' takes no keyword argument '"
              + named.keySet().iterator().next()
              + "'");
    }
    if (definition.catchesArguments()) {
      inner.set(
          "varargs",
          new SequenceValue.TupleValue(
              positional.subList(Math.min(taken, positional.size()), positional.size())));
    } else if (positional.size() > taken) {
      throw new JinjaException(
          "macro '" + definition.name() + "' takes not more than " + taken + " argument(s)");
    }
  }
}
