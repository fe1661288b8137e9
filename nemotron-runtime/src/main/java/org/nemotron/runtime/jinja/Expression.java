package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A part of a template that has a value. Immutable. */
sealed interface Expression {
  /** Returns the value. */
  Value evaluate(Scope scope);

  /** A value written out. */
  record Constant(Value value) implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      return value;
    }
  }

  /** A variable. */
  record Name(String name) implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      scope.rendering().budget().spend();
      return scope.get(name);
    }
  }

  /** {@code [a, b]}. */
  record ListOf(ImmutableList<Expression> elements) implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      return new SequenceValue.ListValue(values(elements, scope));
    }
  }

  /** {@code (a, b)}. */
  record TupleOf(ImmutableList<Expression> elements) implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      return new SequenceValue.TupleValue(values(elements, scope));
    }
  }

  private static ImmutableList<Value> values(ImmutableList<Expression> elements, Scope scope) {
    scope.rendering().budget().spend();
    ImmutableList.Builder<Value> values = ImmutableList.builder();
    for (Expression element : elements) {
      values.add(element.evaluate(scope));
    }
    return values.build();
  }

  /** {@code {key: value}}: keys and values in turn. */
  record DictOf(ImmutableList<Expression> keys, ImmutableList<Expression> values)
      implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      scope.rendering().budget().spend();
      DictValue.Builder builder = new DictValue.Builder();
      for (int place = 0; place < keys.size(); place++) {
        builder.put(keys.get(place).evaluate(scope), values.get(place).evaluate(scope));
      }
      return builder.build();
    }
  }

  /** {@code subject.name}. */
  record Attribute(Expression subject, String name) implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      scope.rendering().budget().spend();
      return Value.attributeOf(subject.evaluate(scope), name);
    }
  }

  /** {@code subject[key]}. */
  record Item(Expression subject, Expression key) implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      Value value = subject.evaluate(scope);
      scope.rendering().budget().spend(value instanceof Text ? value.weight() : 0);
      return Value.itemOf(value, key.evaluate(scope));
    }
  }

  /** {@code subject[start:stop:step]}. */
  record Sliced(
      Expression subject,
      @Nullable Expression start,
      @Nullable Expression stop,
      @Nullable Expression step)
      implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      Value value = subject.evaluate(scope);
      scope.rendering().budget().spend(value.weight());
      Arithmetic.checkDefined(value);
      @Nullable Value from = maybe(start, scope);
      @Nullable Value to = maybe(stop, scope);
      @Nullable Value by = maybe(step, scope);
      if (value instanceof DictValue) {
        throw new JinjaException("unhashable type: 'slice'");
      }
      if (!value.hasItems()) {
        throw new JinjaException("'" + value.typeName() + "' object is not subscriptable");
      }
      return Slice.of(value, from, to, by);
    }

    private static @Nullable Value maybe(@Nullable Expression part, Scope scope) {
      return part == null ? null : part.evaluate(scope);
    }
  }

  /** {@code function(arguments)}. */
  record Call(Expression function, CallArguments arguments) implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      scope.rendering().budget().spend();
      Value called = function.evaluate(scope);
      return called.call(arguments.evaluate(scope), scope.rendering());
    }

    /** The same with a further named argument. */
    Value evaluate(Scope scope, String name, Value value) {
      scope.rendering().budget().spend();
      Value called = function.evaluate(scope);
      Arguments given = arguments.evaluate(scope);
      ImmutableMap<String, Value> named =
          ImmutableMap.<String, Value>builder().putAll(given.named()).put(name, value).build();
      return called.call(new Arguments(given.positional(), named), scope.rendering());
    }
  }

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

  /** {@code subject | name(arguments)}. */
  record Filtered(Expression subject, String name, CallArguments arguments) implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      return apply(subject.evaluate(scope), scope);
    }

    /** Returns what the filter makes of a value. */
    Value apply(Value value, Scope scope) {
      return Filters.apply(name, value, arguments.evaluate(scope), scope.rendering());
    }
  }

  /** {@code subject is name(arguments)}. */
  record Tested(Expression subject, String name, CallArguments arguments) implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      return Numeric.Bool.of(
          Tests.apply(name, subject.evaluate(scope), arguments.evaluate(scope), scope.rendering()));
    }
  }

  /** {@code not operand}. */
  record Not(Expression operand) implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      return Numeric.Bool.of(!operand.evaluate(scope).truth());
    }
  }

  /** {@code -operand}. */
  record Negative(Expression operand) implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      return Arithmetic.negate(operand.evaluate(scope));
    }
  }

  /** {@code +operand}. */
  record Positive(Expression operand) implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      return Arithmetic.plus(operand.evaluate(scope));
    }
  }

  /** {@code left and right}: the first that is false, or the last. */
  record And(Expression left, Expression right) implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      Value first = left.evaluate(scope);
      return first.truth() ? right.evaluate(scope) : first;
    }
  }

  /** {@code left or right}: the first that is true, or the last. */
  record Or(Expression left, Expression right) implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      Value first = left.evaluate(scope);
      return first.truth() ? first : right.evaluate(scope);
    }
  }

  /** {@code then if condition else otherwise}; without an else, an undefined value. */
  record Conditional(Expression condition, Expression then, @Nullable Expression otherwise)
      implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      if (condition.evaluate(scope).truth()) {
        return then.evaluate(scope);
      }
      return otherwise == null
          ? new Undefined(
              "the inline if-expression evaluated to false and no else section was defined.")
          : otherwise.evaluate(scope);
    }
  }

  /** {@code left operator right}. */
  record Binary(Arithmetic.Operator operator, Expression left, Expression right)
      implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      Value first = left.evaluate(scope);
      Value second = right.evaluate(scope);
      scope.rendering().budget().spend((long) first.weight() + second.weight());
      return operator.of(first, second);
    }
  }

  /** {@code a ~ b ~ c}. */
  record Concatenation(ImmutableList<Expression> parts) implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      Output out = new Output();
      for (Expression part : parts) {
        Value value = part.evaluate(scope);
        scope.rendering().budget().spend(value.weight());
        out.append(value.str());
      }
      return new Text(out.toString());
    }
  }

  /** {@code first < second < …}: each compared with the next one. */
  record Compared(
      Expression first, ImmutableList<Comparison> comparisons, ImmutableList<Expression> others)
      implements Expression {
    @Override
    public Value evaluate(Scope scope) {
      Value left = first.evaluate(scope);
      for (int place = 0; place < comparisons.size(); place++) {
        Value right = others.get(place).evaluate(scope);
        scope.rendering().budget().spend((long) left.weight() + right.weight());
        if (!comparisons.get(place).holds(left, right)) {
          return Numeric.Bool.FALSE;
        }
        left = right;
      }
      return Numeric.Bool.TRUE;
    }
  }
}
