package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
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

  private final TokenStream tokens;
  private final PrimaryParser primaries;
  private int depth = 0;

  ExpressionParser(TokenStream tokens) {
    this.tokens = tokens;
    this.primaries = new PrimaryParser(tokens, this);
  }

  /** Returns the parser of what operators stand between. */
  PrimaryParser primaries() {
    return primaries;
  }

  /** Parses one expression. */
  Expression expression() {
    enter();
    Expression expression = conditional();
    depth--;
    return expression;
  }

  private void enter() {
    if (++depth > MAX_DEPTH) {
      throw tokens.failure("an expression is nested more than " + MAX_DEPTH + " deep");
    }
  }

  /** Parses what stands in parentheses: an expression, or several with commas, or nothing. */
  Expression inParentheses() {
    enter();
    Expression expression = tuple(true, Optional.empty(), true);
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
      @Nullable Expression otherwise = tokens.skipName("else") ? expression() : null;
      expression = new Expression.Conditional(condition, expression, otherwise);
    }
    return expression;
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
      enter();
      boolean negative = tokens.next().is("-");
      Expression operand = unary(false);
      depth--;
      expression = negative ? new Expression.Negative(operand) : new Expression.Positive(operand);
    } else {
      expression = primaries.primary();
    }
    expression = primaries.postfix(expression);
    return filters ? primaries.filtersAndTests(expression) : expression;
  }
}
