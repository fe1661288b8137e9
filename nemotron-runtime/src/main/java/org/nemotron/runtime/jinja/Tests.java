package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableMap;
import org.nemotron.runtime.jinja.Signature.Bound;

/** The tests of Jinja2: what stands behind {@code is}. */
final class Tests {
  private record Test(Signature signature, Body body) {
    private interface Body {
      boolean holds(Value value, Bound bound);
    }
  }

  private static final ImmutableMap<String, Test> TESTS = tests();

  private Tests() {}

  static boolean isKnown(String name) {
    return TESTS.containsKey(name);
  }

  /**
   * Returns whether a value passes a test.
   *
   * @throws JinjaException if there is no such test, or it fails
   */
  static boolean apply(String name, Value value, Arguments arguments, Rendering rendering) {
    Test test = TESTS.get(name);
    if (test == null) {
      throw new JinjaException("No test named '" + name + "'.");
    }
    rendering.budget().spend(value.weight() + arguments.weight());
    return test.body().holds(value, test.signature().bind("test " + name, arguments));
  }

  private static ImmutableMap<String, Test> tests() {
    ImmutableMap.Builder<String, Test> tests = ImmutableMap.builder();
    addKinds(tests);
    addNumbers(tests);
    addComparisons(tests);
    return tests.buildOrThrow();
  }

  private static void addKinds(ImmutableMap.Builder<String, Test> tests) {
    add(tests, "defined", (value, bound) -> !(value instanceof Undefined));
    add(tests, "undefined", (value, bound) -> value instanceof Undefined);
    add(tests, "none", (value, bound) -> value == None.NONE);
    add(tests, "boolean", (value, bound) -> value instanceof Numeric.Bool);
    add(tests, "true", (value, bound) -> value instanceof Numeric.Bool flag && flag.value());
    add(tests, "false", (value, bound) -> value instanceof Numeric.Bool flag && !flag.value());
    add(tests, "string", (value, bound) -> value instanceof Text);
    add(tests, "mapping", (value, bound) -> value instanceof DictValue);
    add(tests, "sequence", (value, bound) -> value.hasLength() && value.hasItems());
    add(tests, "iterable", (value, bound) -> value.isIterable());
    add(
        tests,
        "callable",
        (value, bound) -> value instanceof Undefined || value instanceof Callable);
    add(tests, "escaped", (value, bound) -> value instanceof Text text && text.isSafe());
    add(tests, "lower", (value, bound) -> TextCases.isLower(value.str()));
    add(tests, "upper", (value, bound) -> TextCases.isUpper(value.str()));
    add(tests, "filter", (value, bound) -> Filters.isKnown(value.asKey().str()));
    add(tests, "test", (value, bound) -> isKnown(value.asKey().str()));
  }

  private static void addNumbers(ImmutableMap.Builder<String, Test> tests) {
    add(tests, "integer", (value, bound) -> value instanceof Numeric.Int);
    add(tests, "float", (value, bound) -> value instanceof Numeric.Real);
    add(tests, "number", (value, bound) -> value instanceof Numeric);
    add(tests, "odd", (value, bound) -> rest(value, new Numeric.Int(2)).equals(new Numeric.Int(1)));
    add(
        tests,
        "even",
        (value, bound) -> rest(value, new Numeric.Int(2)).equals(new Numeric.Int(0)));
    tests.put(
        "divisibleby",
        new Test(
            Signature.of("num"),
            (value, bound) -> rest(value, bound.get(0)).equals(new Numeric.Int(0))));
  }

  private static Value rest(Value value, Value divisor) {
    return Arithmetic.Operator.MOD.of(value, divisor);
  }

  private static void addComparisons(ImmutableMap.Builder<String, Test> tests) {
    compare(tests, Comparison.EQ, "==", "eq", "equalto");
    compare(tests, Comparison.NE, "!=", "ne");
    compare(tests, Comparison.GT, ">", "gt", "greaterthan");
    compare(tests, Comparison.GE, ">=", "ge");
    compare(tests, Comparison.LT, "<", "lt", "lessthan");
    compare(tests, Comparison.LE, "<=", "le");
    compare(tests, Comparison.IN, "in");
    tests.put(
        "sameas", new Test(Signature.of("other"), (value, bound) -> isSame(value, bound.get(0))));
  }

  /** Python shares texts and small numbers that are equal, as a rule; others are objects. */
  private static boolean isSame(Value left, Value right) {
    return left == right
        || (left.getClass() == right.getClass()
            && (left instanceof Numeric || left instanceof Text)
            && left.equals(right));
  }

  private static void compare(
      ImmutableMap.Builder<String, Test> tests, Comparison comparison, String... names) {
    for (String name : names) {
      tests.put(
          name,
          new Test(Signature.of("other"), (value, bound) -> comparison.holds(value, bound.get(0))));
    }
  }

  private static void add(ImmutableMap.Builder<String, Test> tests, String name, Test.Body body) {
    tests.put(name, new Test(Signature.of(), body));
  }
}
