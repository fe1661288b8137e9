package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a call as they are written.
 *
 * @param spread the expression behind {@code *}, or null
 * @param spreadNamed the expression behind {@code **}, or null
 */
record CallArguments(
    ImmutableList<Expression> positional,
    ImmutableMap<String, Expression> named,
    @Nullable Expression spread,
    @Nullable Expression spreadNamed) {
  static final CallArguments NONE =
      new CallArguments(ImmutableList.of(), ImmutableMap.of(), null, null);

  /** Returns all expressions. */
  ImmutableList<Expression> parts() {
    return ImmutableList.<Expression>builder()
        .addAll(positional)
        .addAll(named.values())
        .addAll(Expression.given(spread, spreadNamed))
        .build();
  }

  Arguments evaluate(Scope scope) {
    ImmutableList.Builder<Value> values = ImmutableList.builder();
    for (Expression argument : positional) {
      values.add(argument.evaluate(scope));
    }
    if (spread != null) {
      values.addAll(spread.evaluate(scope).iterate());
    }
    if (named.isEmpty() && spreadNamed == null) {
      return new Arguments(values.build(), ImmutableMap.of());
    }
    Map<String, Value> byName = new LinkedHashMap<>();
    named.forEach((name, argument) -> byName.put(name, argument.evaluate(scope)));
    if (spreadNamed != null) {
      addNamed(spreadNamed.evaluate(scope), byName);
    }
    return new Arguments(values.build(), ImmutableMap.copyOf(byName));
  }

  private static void addNamed(Value value, Map<String, Value> byName) {
    Arithmetic.checkDefined(value);
    if (!(value instanceof DictValue dict)) {
      throw new JinjaException("argument after ** must be a mapping, not " + value.typeName());
    }
    dict.forEach(
        (key, argument) -> {
          if (!(key instanceof Text name)) {
            throw new JinjaException("keywords must be strings");
          }
          if (byName.put(name.value(), argument) != null) {
            throw new JinjaException(
                "got multiple values for keyword argument '" + name.value() + "'");
          }
        });
  }
}
