package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nemotron.runtime.jinja.Token.Kind;

/**
 * Parses expressions by precedence, from the loosest to the tightest: {@code if else}, {@code or},
 * {@code and}, {@code not}, comparisons and {@code in}, {@code + -}, {@code ~}, {@code * / // %},
 * {@code **}, signs, then attributes, calls, filters and tests.
 */
final class ExpressionParser {
  private static final int MAX_DEPTH = 100;

  private static final ImmutableMap<String, Comparison> COMPARISONS =
      ImmutableMap.<String, Comparison>builder()
          .put("==", Comparison.EQ)
          .put("!=", Comparison.NE)
          .put("<", Comparison.LT)
          .put("<=", Comparison.LE)
          .put(">", Comparison.GT)
          .put(">=", Comparison.GE)
          .buildOrThrow();

  private static final ImmutableMap<String, Arithmetic.Operator> SUMS =
      ImmutableMap.of("+", Arithmetic.Operator.ADD, "-", Arithmetic.Operator.SUB);

  private static final ImmutableMap<String, Arithmetic.Operator> PRODUCTS =
      ImmutableMap.of(
          "*", Arithmetic.Operator.MUL,
          "/", Arithmetic.Operator.DIV,
          "//", Arithmetic.Operator.FLOOR_DIV,
          "%", Arithmetic.Operator.MOD);

  private static final ImmutableMap<String, Value> CONSTANTS =
      ImmutableMap.<String, Value>builder()
          .put("true", Numeric.Bool.TRUE)
          .put("True", Numeric.Bool.TRUE)
          .put("false", Numeric.Bool.FALSE)
          .put("False", Numeric.Bool.FALSE)
          .put("none", None.NONE)
          .put("None", None.NONE)
          .buildOrThrow();

  /** What may begin the argument of a test that stands without parentheses. */
  private static final ImmutableSet<Kind> ARGUMENT_BEGINS =
      ImmutableSet.of(Kind.NAME, Kind.STRING, Kind.INTEGER, Kind.FLOAT);

  private final TokenStream tokens;
  private int depth = 0;

  ExpressionParser(TokenStream tokens) {
    this.tokens = tokens;
  }

  /** Parses one expression. */
  Expression expression() {
    if (++depth > MAX_DEPTH) {
      throw tokens.failure("an expression is nested more than " + MAX_DEPTH + " deep");
    }
    Expression expression = conditional();
    depth--;
    return expression;
  }

  /** Parses one expression, or several with commas as a tuple. */
  Expression tuple() {
    return tuple(true, Optional.empty(), false);
  }

  /** Parses what is looped over, or an if's condition: an "if" behind it is not part of it. */
  Expression tupleWithoutConditional(Optional<String> endName) {
    return tuple(false, endName, false);
  }

  private Expression tuple(boolean conditionals, Optional<String> endName, boolean mayBeEmpty) {
    List<Expression> parts = new ArrayList<>();
    boolean isTuple = false;
    while (!isTupleEnd(endName)) {
      parts.add(conditionals ? expression() : or());
      if (!tokens.current().is(",")) {
        break;
      }
      tokens.next();
      isTuple = true;
    }
    if (!isTuple && parts.size() == 1) {
      return parts.get(0);
    }
    if (!isTuple && !mayBeEmpty) {
      throw tokens.failure("Expected an expression, got '" + tokens.current().described() + "'");
    }
    return new Expression.TupleOf(ImmutableList.copyOf(parts));
  }

  private boolean isTupleEnd(Optional<String> endName) {
    Token token = tokens.current();
    return token.kind() == Kind.VARIABLE_END
        || token.kind() == Kind.BLOCK_END
        || token.is(")")
        || endName.filter(token::isName).isPresent();
  }

  private Expression conditional() {
    Expression expression = or();
    while (tokens.skipName("if")) {
      Expression condition = or();
      @Nullable Expression otherwise = tokens.skipName("else") ? nestedConditional() : null;
      expression = new Expression.Conditional(condition, expression, otherwise);
    }
    return expression;
  }

  private Expression nestedConditional() {
    return expression();
  }

  private Expression or() {
    Expression left = and();
    while (tokens.skipName("or")) {
      left = new Expression.Or(left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (tokens.skipName("and")) {
      left = new Expression.And(left, not());
    }
    return left;
  }

  private Expression not() {
    int negations = 0;
    while (tokens.skipName("not")) {
      negations++;
    }
    Expression expression = comparison();
    for (int i = 0; i < negations % 2 + (negations > 1 ? 2 : 0); i++) {
      expression = new Expression.Not(expression);
    }
    return expression;
  }

  private Expression comparison() {
    Expression first = sum();
    ImmutableList.Builder<Comparison> comparisons = ImmutableList.builder();
    ImmutableList.Builder<Expression> others = ImmutableList.builder();
    boolean compared = false;
    for (Optional<Comparison> next = nextComparison(); next.isPresent(); next = nextComparison()) {
      comparisons.add(next.orElseThrow());
      others.add(sum());
      compared = true;
    }
    return compared ? new Expression.Compared(first, comparisons.build(), others.build()) : first;
  }

  private Optional<Comparison> nextComparison() {
    Token token = tokens.current();
    if (token.kind() == Kind.OPERATOR && COMPARISONS.containsKey(token.text())) {
      tokens.next();
      return Optional.ofNullable(COMPARISONS.get(token.text()));
    }
    if (tokens.skipName("in")) {
      return Optional.of(Comparison.IN);
    }
    if (token.isName("not") && tokens.look().isName("in")) {
      tokens.next();
      tokens.next();
      return Optional.of(Comparison.NOT_IN);
    }
    return Optional.empty();
  }

  private Optional<Arithmetic.Operator> skipOne(
      ImmutableMap<String, Arithmetic.Operator> operators) {
    Token token = tokens.current();
    if (token.kind() != Kind.OPERATOR || !operators.containsKey(token.text())) {
      return Optional.empty();
    }
    tokens.next();
    return Optional.ofNullable(operators.get(token.text()));
  }

  private Expression sum() {
    Expression left = concatenation();
    for (var next = skipOne(SUMS); next.isPresent(); next = skipOne(SUMS)) {
      left = new Expression.Binary(next.orElseThrow(), left, concatenation());
    }
    return left;
  }

  private Expression concatenation() {
    Expression first = product();
    if (!tokens.current().is("~")) {
      return first;
    }
    ImmutableList.Builder<Expression> parts = ImmutableList.<Expression>builder().add(first);
    while (tokens.skip("~")) {
      parts.add(product());
    }
    return new Expression.Concatenation(parts.build());
  }

  private Expression product() {
    Expression left = power();
    for (var next = skipOne(PRODUCTS); next.isPresent(); next = skipOne(PRODUCTS)) {
      left = new Expression.Binary(next.orElseThrow(), left, power());
    }
    return left;
  }

  /** Jinja2 reads powers from the left. */
  private Expression power() {
    Expression left = unary(true);
    while (tokens.skip("**")) {
      left = new Expression.Binary(Arithmetic.Operator.POW, left, unary(true));
    }
    return left;
  }

  private Expression unary(boolean filters) {
    Expression expression;
    if (tokens.current().is("-") || tokens.current().is("+")) {
      if (++depth > MAX_DEPTH) {
        throw tokens.failure("an expression is nested more than " + MAX_DEPTH + " deep");
      }
      boolean negative = tokens.next().is("-");
      Expression operand = unary(false);
      depth--;
      expression = negative ? new Expression.Negative(operand) : new Expression.Positive(operand);
    } else {
      expression = primary();
    }
    expression = postfix(expression);
    return filters ? filtersAndTests(expression) : expression;
  }

  /** Parses a name or a value written out. */
  Expression primary() {
    return switch (tokens.current().kind()) {
      case NAME -> name(tokens.next().text());
      case STRING -> strings();
      case INTEGER -> new Expression.Constant(integer(tokens.next()));
      case FLOAT ->
          new Expression.Constant(
              new Numeric.Real(Double.parseDouble(tokens.next().text().replace("_", ""))));
      default -> bracketed();
    };
  }

  private static Expression name(String name) {
    return Optional.ofNullable(CONSTANTS.get(name))
        .<Expression>map(Expression.Constant::new)
        .orElseGet(() -> new Expression.Name(name));
  }

  /** Texts that stand beside each other are one. */
  private Expression strings() {
    StringBuilder text = new StringBuilder();
    while (tokens.current().kind() == Kind.STRING) {
      text.append(tokens.next().text());
    }
    return new Expression.Constant(new Text(text.toString()));
  }

  private Expression bracketed() {
    Token token = tokens.current();
    if (token.is("(")) {
      return parenthesized();
    }
    if (token.is("[")) {
      return list();
    }
    if (token.is("{")) {
      return dict();
    }
    throw tokens.failure("unexpected '" + token.described() + "'");
  }

  private static Value integer(Token token) {
    try {
      return new Numeric.Int(IntegerText.parse(token.text(), 0).orElseThrow());
    } catch (JinjaException e) {
      throw e.atLine(token.line());
    }
  }

  private Expression parenthesized() {
    if (++depth > MAX_DEPTH) {
      throw tokens.failure("an expression is nested more than " + MAX_DEPTH + " deep");
    }
    tokens.expect("(");
    Expression expression = tuple(true, Optional.empty(), true);
    tokens.expect(")");
    depth--;
    return expression;
  }

  private Expression list() {
    tokens.expect("[");
    ImmutableList.Builder<Expression> elements = ImmutableList.builder();
    boolean more = !tokens.current().is("]");
    while (more) {
      elements.add(expression());
      more = !tokens.current().is("]");
      if (more) {
        tokens.expect(",");
        more = !tokens.current().is("]");
      }
    }
    tokens.expect("]");
    return new Expression.ListOf(elements.build());
  }

  private Expression dict() {
    tokens.expect("{");
    ImmutableList.Builder<Expression> keys = ImmutableList.builder();
    ImmutableList.Builder<Expression> values = ImmutableList.builder();
    boolean more = !tokens.current().is("}");
    while (more) {
      keys.add(expression());
      tokens.expect(":");
      values.add(expression());
      more = !tokens.current().is("}");
      if (more) {
        tokens.expect(",");
        more = !tokens.current().is("}");
      }
    }
    tokens.expect("}");
    return new Expression.DictOf(keys.build(), values.build());
  }

  private Expression postfix(Expression subject) {
    Expression expression = subject;
    while (true) {
      if (tokens.skip(".")) {
        expression = dotted(expression);
      } else if (tokens.skip("[")) {
        expression = subscript(expression);
      } else if (tokens.current().is("(")) {
        expression = new Expression.Call(expression, arguments());
      } else {
        return expression;
      }
    }
  }

  private Expression dotted(Expression subject) {
    Token token = tokens.next();
    return switch (token.kind()) {
      case NAME -> new Expression.Attribute(subject, token.text());
      case INTEGER -> new Expression.Item(subject, new Expression.Constant(integer(token)));
      default -> throw tokens.failure("expected name or number");
    };
  }

  private Expression subscript(Expression subject) {
    List<Expression> keys = new ArrayList<>();
    while (!tokens.current().is("]")) {
      if (!keys.isEmpty()) {
        tokens.expect(",");
      }
      if (keys.isEmpty() && beginsSlice()) {
        return slice(subject, null);
      }
      Expression key = expression();
      if (keys.isEmpty() && tokens.current().is(":")) {
        return slice(subject, key);
      }
      keys.add(key);
    }
    tokens.expect("]");
    if (keys.isEmpty()) {
      throw tokens.failure("expected subscript expression");
    }
    return new Expression.Item(
        subject,
        keys.size() == 1 ? keys.get(0) : new Expression.TupleOf(ImmutableList.copyOf(keys)));
  }

  private boolean beginsSlice() {
    return tokens.current().is(":");
  }

  private Expression slice(Expression subject, @Nullable Expression start) {
    tokens.expect(":");
    @Nullable Expression stop = slicePart();
    @Nullable Expression step = tokens.skip(":") ? slicePart() : null;
    tokens.expect("]");
    return new Expression.Sliced(subject, start, stop, step);
  }

  private @Nullable Expression slicePart() {
    Token token = tokens.current();
    return token.is(":") || token.is("]") ? null : expression();
  }

  private Expression filtersAndTests(Expression subject) {
    Expression expression = subject;
    while (true) {
      if (tokens.skip("|")) {
        expression = filter(expression);
      } else if (tokens.skipName("is")) {
        expression = test(expression);
      } else if (tokens.current().is("(")) { // a call of what a filter returns
        expression = new Expression.Call(expression, arguments());
      } else {
        return expression;
      }
    }
  }

  /** Parses a filter behind its sign. */
  Expression.Filtered filter(Expression subject) {
    return new Expression.Filtered(subject, dottedName(), maybeArguments());
  }

  private String dottedName() {
    StringBuilder name = new StringBuilder(tokens.expect(Kind.NAME).text());
    while (tokens.skip(".")) {
      name.append('.').append(tokens.expect(Kind.NAME).text());
    }
    return name.toString();
  }

  private Expression.CallArguments maybeArguments() {
    return tokens.current().is("(") ? arguments() : Expression.CallArguments.NONE;
  }

  private Expression test(Expression subject) {
    boolean negated = tokens.skipName("not");
    String name = dottedName();
    Expression.CallArguments arguments =
        tokens.current().is("(")
            ? arguments()
            : beginsArgument() ? singleArgument() : Expression.CallArguments.NONE;
    Expression tested = new Expression.Tested(subject, name, arguments);
    return negated ? new Expression.Not(tested) : tested;
  }

  private boolean beginsArgument() {
    Token token = tokens.current();
    boolean isKeyword = token.isName("else") || token.isName("or") || token.isName("and");
    return !isKeyword && (ARGUMENT_BEGINS.contains(token.kind()) || token.is("[") || token.is("{"));
  }

  private Expression.CallArguments singleArgument() {
    if (tokens.current().isName("is")) {
      throw tokens.failure("You cannot chain multiple tests with is");
    }
    Expression argument = postfix(primary());
    return new Expression.CallArguments(ImmutableList.of(argument), ImmutableMap.of(), null, null);
  }

  private Expression.CallArguments arguments() {
    tokens.expect("(");
    ImmutableList.Builder<Expression> positional = ImmutableList.builder();
    Map<String, Expression> named = new LinkedHashMap<>();
    @Nullable Expression spread = null;
    @Nullable Expression spreadNamed = null;
    boolean isFirst = true;
    while (!tokens.current().is(")")) {
      if (!isFirst) {
        tokens.expect(",");
        if (tokens.current().is(")")) {
          break;
        }
      }
      isFirst = false;
      if (spreadNamed != null) {
        throw tokens.failure("invalid syntax for function call expression");
      } else if (tokens.current().is("*") && spread == null) {
        tokens.next();
        spread = expression();
      } else if (tokens.skip("**")) {
        spreadNamed = expression();
      } else if (tokens.current().kind() == Kind.NAME && tokens.look().is("=")) {
        String name = tokens.next().text();
        tokens.expect("=");
        if (named.put(name, expression()) != null) {
          throw tokens.failure("keyword argument repeated: " + name);
        }
      } else if (spread == null && named.isEmpty()) {
        positional.add(expression());
      } else {
        throw tokens.failure("invalid syntax for function call expression");
      }
    }
    tokens.expect(")");
    return new Expression.CallArguments(
        positional.build(), ImmutableMap.copyOf(named), spread, spreadNamed);
  }
}
