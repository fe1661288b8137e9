package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nemotron.runtime.jinja.Token.Kind;

/** Parses a template as statements. */
final class Parser {
  private static final int MAX_DEPTH = 100;

  /** The tags of Jinja2 that read other templates, or have no meaning without them. */
  private static final ImmutableSet<String> UNKNOWN =
      ImmutableSet.of("autoescape", "block", "extends", "from", "import", "include");

  private final TokenStream tokens;
  private final ExpressionParser expressions;
  private int depth = 0;
  private int loops = 0;

  private Parser(TokenStream tokens) {
    this.tokens = tokens;
    this.expressions = new ExpressionParser(tokens);
  }

  /**
   * Returns the statements of a template.
   *
   * @throws JinjaException if it is not Jinja
   */
  static Statement.Block parse(String template) {
    Parser parser = new Parser(new TokenStream(Lexer.tokens(template)));
    Statement.Block block = parser.block(ImmutableSet.of());
    Token end = parser.tokens.current();
    if (end.kind() != Kind.END) {
      throw parser.tokens.failure("Encountered unknown tag '" + end.text() + "'.");
    }
    return block;
  }

  /** Parses statements up to a tag of one of these names, which is the current token then. */
  private Statement.Block block(ImmutableSet<String> ends) {
    if (++depth > MAX_DEPTH) {
      throw tokens.failure("tags are nested more than " + MAX_DEPTH + " deep");
    }
    ImmutableList.Builder<Statement> statements = ImmutableList.builder();
    while (tokens.current().kind() != Kind.END) {
      Token token = tokens.next();
      switch (token.kind()) {
        case DATA -> statements.add(new Statement.Write(token.text()));
        case VARIABLE_BEGIN -> {
          statements.add(
              new Statement.Located(token.line(), new Statement.Print(expressions.tuple())));
          tokens.expect(Kind.VARIABLE_END);
        }
        default -> {
          if (ends.contains(tokens.current().text()) && tokens.current().kind() == Kind.NAME) {
            depth--;
            return new Statement.Block(statements.build());
          }
          statements.add(new Statement.Located(token.line(), statement()));
          tokens.expect(Kind.BLOCK_END);
        }
      }
    }
    if (!ends.isEmpty()) {
      throw tokens.failure("Unexpected end of template. Expected " + String.join(" or ", ends));
    }
    return new Statement.Block(statements.build());
  }

  /** Parses the rest of a tag, the statements behind it, and the name of the tag that ends them. */
  private Statement.Block body(String... ends) {
    if (tokens.current().is(":")) { // as Python has it
      tokens.next();
    }
    tokens.expect(Kind.BLOCK_END);
    return block(ImmutableSet.copyOf(ends));
  }

  private Statement.Block bodyAndEnd(String end) {
    Statement.Block body = body(end);
    tokens.next();
    return body;
  }

  private Statement statement() {
    Token token = tokens.expect(Kind.NAME);
    return switch (token.text()) {
      case "for" -> forLoop();
      case "if" -> ifStatement();
      case "set" -> set();
      case "with" -> with();
      case "macro" -> macro();
      case "call" -> callBlock();
      case "filter" -> filterBlock();
      case "print" -> print();
      case "generation" -> new Statement.Scoped(outsideLoops("endgeneration"));
      case "break" -> jump(Statement.Flow.BREAK);
      case "continue" -> jump(Statement.Flow.CONTINUE);
      default ->
          throw UNKNOWN.contains(token.text())
              ? JinjaException.unknown("the tag " + token.text()).atLine(token.line())
              : new JinjaException("Encountered unknown tag '" + token.text() + "'.")
                  .atLine(token.line());
    };
  }

  private Statement jump(Statement.Flow flow) {
    if (loops == 0) {
      throw tokens.failure("'" + flow.name().toLowerCase(java.util.Locale.ROOT) + "' outside loop");
    }
    return new Statement.Jump(flow);
  }

  /** Parses statements that no jump leaves. */
  private Statement.Block outsideLoops(String end) {
    int outer = loops;
    loops = 0;
    Statement.Block body = bodyAndEnd(end);
    loops = outer;
    return body;
  }

  private Statement forLoop() {
    int begin = tokens.position();
    Target target = target(false, Optional.of("in"));
    if (tokens.hasName("loop", begin)) {
      throw tokens.failure("Can't assign to special loop variable in for-loop target");
    }
    if (!tokens.skipName("in")) {
      throw tokens.failure("expected 'in', got '" + tokens.current().described() + "'");
    }
    Expression iterable = expressions.tupleWithoutConditional(Optional.of("recursive"));
    @Nullable Expression condition = tokens.skipName("if") ? expressions.expression() : null;
    boolean recursive = tokens.skipName("recursive");
    loops++;
    Statement.Block body = body("endfor", "else");
    loops--;
    Statement.Block otherwise =
        tokens.next().isName("else") ? bodyAndEnd("endfor") : Statement.Block.EMPTY;
    return new ForLoop(target, iterable, condition, recursive, body, otherwise);
  }

  private Statement ifStatement() {
    Expression condition = expressions.tupleWithoutConditional(Optional.empty());
    Statement.Block then = body("elif", "else", "endif");
    Token end = tokens.next();
    Statement.Block otherwise =
        switch (end.text()) {
          case "elif" ->
              new Statement.Block(
                  ImmutableList.of(new Statement.Located(end.line(), ifStatement())));
          case "else" -> bodyAndEnd("endif");
          default -> Statement.Block.EMPTY;
        };
    return new Statement.If(condition, then, otherwise);
  }

  private Statement set() {
    Target target = target(true, Optional.empty());
    if (tokens.skip("=")) {
      return new Statement.Set(target, expressions.tuple());
    }
    BlockFilter filter = blockFilter(ImmutableList.builder());
    return new Statement.SetBlock(target, filter, outsideLoops("endset"));
  }

  private BlockFilter blockFilter(ImmutableList.Builder<Expression.Filtered> filters) {
    while (tokens.skip("|")) {
      filters.add(expressions.primaries().filter(new Expression.Constant(Text.EMPTY)));
    }
    return new BlockFilter(filters.build());
  }

  private Statement filterBlock() {
    ImmutableList.Builder<Expression.Filtered> filters = ImmutableList.builder();
    filters.add(expressions.primaries().filter(new Expression.Constant(Text.EMPTY)));
    BlockFilter filter = blockFilter(filters);
    return new Statement.FilterBlock(filter, outsideLoops("endfilter"));
  }

  private Statement print() {
    ImmutableList.Builder<Statement> printed = ImmutableList.builder();
    boolean isFirst = true;
    while (tokens.current().kind() != Kind.BLOCK_END) {
      if (!isFirst) {
        tokens.expect(",");
      }
      printed.add(new Statement.Print(expressions.expression()));
      isFirst = false;
    }
    return new Statement.Block(printed.build());
  }

  private Statement with() {
    ImmutableList.Builder<Target> targets = ImmutableList.builder();
    ImmutableList.Builder<Expression> values = ImmutableList.builder();
    boolean isFirst = true;
    while (tokens.current().kind() != Kind.BLOCK_END) {
      if (!isFirst) {
        tokens.expect(",");
      }
      targets.add(target(false, Optional.empty()));
      tokens.expect("=");
      values.add(expressions.expression());
      isFirst = false;
    }
    return new Statement.With(targets.build(), values.build(), bodyAndEnd("endwith"));
  }

  private Statement macro() {
    String name = tokens.expect(Kind.NAME).text();
    if (!tokens.current().is("(")) {
      tokens.expect("(");
    }
    return new Statement.DefineMacro(definition(name, "endmacro"));
  }

  private Statement callBlock() {
    int begin = tokens.current().line();
    Signed signature =
        tokens.current().is("(") ? signature() : new Signed(ImmutableList.of(), ImmutableList.of());
    if (!(expressions.expression() instanceof Expression.Call call)) {
      throw new JinjaException("expected call").atLine(begin);
    }
    return new Statement.CallBlock(definition("caller", signature, "endcall"), call);
  }

  private Macro.Definition definition(String name, String end) {
    return definition(name, signature(), end);
  }

  private Macro.Definition definition(String name, Signed signature, String end) {
    int begin = tokens.position();
    Statement.Block body = outsideLoops(end);
    return new Macro.Definition(
        name,
        signature.parameters(),
        signature.defaults(),
        tokens.hasName("varargs", begin),
        tokens.hasName("kwargs", begin),
        tokens.hasName("caller", begin),
        body);
  }

  /** The parameters of a macro, and the defaults of the last ones. */
  private record Signed(ImmutableList<String> parameters, ImmutableList<Expression> defaults) {}

  private Signed signature() {
    tokens.expect("(");
    List<String> parameters = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    while (!tokens.current().is(")")) {
      if (!parameters.isEmpty()) {
        tokens.expect(",");
      }
      parameters.add(tokens.expect(Kind.NAME).text());
      if (tokens.skip("=")) {
        defaults.add(expressions.expression());
      } else if (!defaults.isEmpty()) {
        throw tokens.failure("non-default argument follows default argument");
      }
    }
    tokens.expect(")");
    return new Signed(ImmutableList.copyOf(parameters), ImmutableList.copyOf(defaults));
  }

  private Target target(boolean namespaces, Optional<String> endName) {
    ImmutableList.Builder<Target> targets = ImmutableList.builder();
    int count = 0;
    boolean isTuple = false;
    while (!isTargetEnd(endName)) {
      targets.add(singleTarget(namespaces));
      count++;
      if (!tokens.skip(",")) {
        break;
      }
      isTuple = true;
    }
    ImmutableList<Target> all = targets.build();
    if (count == 0) {
      throw tokens.failure("Expected an expression, got '" + tokens.current().described() + "'");
    }
    return isTuple ? new Target.Several(all) : all.get(0);
  }

  private boolean isTargetEnd(Optional<String> endName) {
    Token token = tokens.current();
    return token.kind() == Kind.BLOCK_END
        || token.is(")")
        || token.is("=")
        || endName.filter(token::isName).isPresent();
  }

  private Target singleTarget(boolean namespaces) {
    if (tokens.skip("(")) {
      Target inner = target(namespaces, Optional.empty());
      tokens.expect(")");
      return inner;
    }
    if (!(expressions.primaries().primary() instanceof Expression.Name name)) {
      throw tokens.failure("can't assign to this");
    }
    if (namespaces && tokens.skip(".")) {
      return new Target.NamespaceAttribute(name.name(), tokens.expect(Kind.NAME).text());
    }
    return new Target.Variable(name.name());
  }
}
