package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A part of a template that has a value. Immutable. */
sealed interface Expression {
  /** Returns the value. */
  Value evaluate(Scope scope);

  /** Returns the expressions that this one is made of. */
  ImmutableList<Expression> parts();

  /** Returns the parts that are there. */
  static ImmutableList<Expression> given(@Nullable Expression... parts) {
    return Arrays.stream(parts).filter(Objects::nonNull).collect(ImmutableList.toImmutableList());
  }

  /** A value written out. */
  record Constant(Value value) implements Expression {
    @Override
    public ImmutableList<Expression> parts() {
      return ImmutableList.of();
    }

    @Override
    public Value evaluate(Scope scope) {
      return value;
    }
  }

  /** A variable. */
  record Name(String name) implements Expression {
    @Override
    public ImmutableList<Expression> parts() {
      return ImmutableList.of();
    }

    @Override
    public Value evaluate(Scope scope) {
      scope.rendering().budget().spend();
      return scope.get(name);
    }
  }

  /** {@code [a, b]}. */
  record ListOf(ImmutableList<Expression> elements) implements Expression {
    @Override
    public ImmutableList<Expression> parts() {
      return elements;
    }

    @Override
    public Value evaluate(Scope scope) {
      return new SequenceValue.ListValue(values(elements, scope));
    }
  }

  /** {@code (a, b)}. */
  record TupleOf(ImmutableList<Expression> elements) implements Expression {
    @Override
    public ImmutableList<Expression> parts() {
      return elements;
    }

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
    public ImmutableList<Expression> parts() {
      return ImmutableList.<Expression>builder().addAll(keys).addAll(values).build();
    }

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
    public ImmutableList<Expression> parts() {
      return ImmutableList.of(subject);
    }

    @Override
    public Value evaluate(Scope scope) {
      scope.rendering().budget().spend();
      return Value.attributeOf(subject.evaluate(scope), name);
    }
  }

  /** {@code subject[key]}. */
  record Item(Expression subject, Expression key) implements Expression {
    @Override
    public ImmutableList<Expression> parts() {
      return ImmutableList.of(subject, key);
    }

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
    public ImmutableList<Expression> parts() {
      return given(subject, start, stop, step);
    }

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
    public ImmutableList<Expression> parts() {
      return ImmutableList.<Expression>builder().add(function).addAll(arguments.parts()).build();
    }

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

  /** {@code subject | name(arguments)}. */
  record Filtered(Expression subject, String name, CallArguments arguments) implements Expression {
    @Override
    public ImmutableList<Expression> parts() {
      return ImmutableList.<Expression>builder().add(subject).addAll(arguments.parts()).build();
    }

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
    public ImmutableList<Expression> parts() {
      return ImmutableList.<Expression>builder().add(subject).addAll(arguments.parts()).build();
    }

    @Override
    public Value evaluate(Scope scope) {
      return Numeric.Bool.of(
          Tests.apply(name, subject.evaluate(scope), arguments.evaluate(scope), scope.rendering()));
    }
  }

  /** {@code not operand}. */
  record Not(Expression operand) implements Expression {
    @Override
    public ImmutableList<Expression> parts() {
      return ImmutableList.of(operand);
    }

    @Override
    public Value evaluate(Scope scope) {
      return Numeric.Bool.of(!operand.evaluate(scope).truth());
    }
  }

  /** {@code -operand}. */
  record Negative(Expression operand) implements Expression {
    @Override
    public ImmutableList<Expression> parts() {
      return ImmutableList.of(operand);
    }

    @Override
    public Value evaluate(Scope scope) {
      return Arithmetic.negate(operand.evaluate(scope));
    }
  }

  /** {@code +operand}. */
  record Positive(Expression operand) implements Expression {
    @Override
    public ImmutableList<Expression> parts() {
      return ImmutableList.of(operand);
    }

    @Override
    public Value evaluate(Scope scope) {
      return Arithmetic.plus(operand.evaluate(scope));
    }
  }

  /** {@code left and right}: the first that is false, or the last. */
  record And(Expression left, Expression right) implements Expression {
    @Override
    public ImmutableList<Expression> parts() {
      return ImmutableList.of(left, right);
    }

    @Override
    public Value evaluate(Scope scope) {
      Value first = left.evaluate(scope);
      return first.truth() ? right.evaluate(scope) : first;
    }
  }

  /** {@code left or right}: the first that is true, or the last. */
  record Or(Expression left, Expression right) implements Expression {
    @Override
    public ImmutableList<Expression> parts() {
      return ImmutableList.of(left, right);
    }

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
    public ImmutableList<Expression> parts() {
      return given(condition, then, otherwise);
    }

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
    public ImmutableList<Expression> parts() {
      return ImmutableList.of(left, right);
    }

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
    public ImmutableList<Expression> parts() {
      return ImmutableList.<Expression>builder().add(first).addAll(others).build();
    }

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
