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
 * Parses what operators stand between: names and values written out, with attributes, items, calls,
 * filters and tests behind them.
 */
final class PrimaryParser {
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
  private final ExpressionParser expressions;

  PrimaryParser(TokenStream tokens, ExpressionParser expressions) {
    this.tokens = tokens;
    this.expressions = expressions;
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
    tokens.expect("(");
    Expression expression = expressions.inParentheses();
    tokens.expect(")");
    return expression;
  }

  private Expression list() {
    tokens.expect("[");
    ImmutableList.Builder<Expression> elements = ImmutableList.builder();
    boolean more = !tokens.current().is("]");
    while (more) {
      elements.add(expressions.expression());
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
      keys.add(expressions.expression());
      tokens.expect(":");
      values.add(expressions.expression());
      more = !tokens.current().is("}");
      if (more) {
        tokens.expect(",");
        more = !tokens.current().is("}");
      }
    }
    tokens.expect("}");
    return new Expression.DictOf(keys.build(), values.build());
  }

  /** Parses attributes, items and calls of {@code subject}. */
  Expression postfix(Expression subject) {
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
      Expression key = expressions.expression();
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
    return token.is(":") || token.is("]") ? null : expressions.expression();
  }

  /** Parses filters and tests of {@code subject}. */
  Expression filtersAndTests(Expression subject) {
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

  private CallArguments maybeArguments() {
    return tokens.current().is("(") ? arguments() : CallArguments.NONE;
  }

  private Expression test(Expression subject) {
    boolean negated = tokens.skipName("not");
    String name = dottedName();
    CallArguments arguments =
        tokens.current().is("(")
            ? arguments()
            : beginsArgument() ? singleArgument() : CallArguments.NONE;
    Expression tested = new Expression.Tested(subject, name, arguments);
    return negated ? new Expression.Not(tested) : tested;
  }

  private boolean beginsArgument() {
    Token token = tokens.current();
    boolean isKeyword = token.isName("else") || token.isName("or") || token.isName("and");
    return !isKeyword && (ARGUMENT_BEGINS.contains(token.kind()) || token.is("[") || token.is("{"));
  }

  private CallArguments singleArgument() {
    if (tokens.current().isName("is")) {
      throw tokens.failure("You cannot chain multiple tests with is");
    }
    Expression argument = postfix(primary());
    return new CallArguments(ImmutableList.of(argument), ImmutableMap.of(), null, null);
  }

  private CallArguments arguments() {
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
        spread = expressions.expression();
      } else if (tokens.skip("**")) {
        spreadNamed = expressions.expression();
      } else if (tokens.current().kind() == Kind.NAME && tokens.look().is("=")) {
        String name = tokens.next().text();
        tokens.expect("=");
        if (named.put(name, expressions.expression()) != null) {
          throw tokens.failure("keyword argument repeated: " + name);
        }
      } else if (spread == null && named.isEmpty()) {
        positional.add(expressions.expression());
      } else {
        throw tokens.failure("invalid syntax for function call expression");
      }
    }
    tokens.expect(")");
    return new CallArguments(positional.build(), ImmutableMap.copyOf(named), spread, spreadNamed);
  }
}
