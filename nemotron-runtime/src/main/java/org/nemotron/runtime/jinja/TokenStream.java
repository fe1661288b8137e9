package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import org.nemotron.runtime.jinja.Token.Kind;

/** The tokens of a template, read one by one. */
final class TokenStream {
  private final ImmutableList<Token> tokens;
  private int at = 0;

  TokenStream(ImmutableList<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(at);
  }

  /** Returns the token behind the current one. */
  Token look() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  /** Passes the current token and returns it. */
  @CanIgnoreReturnValue
  Token next() {
    Token token = tokens.get(at);
    at = Math.min(at + 1, tokens.size() - 1);
    return token;
  }

  /** Passes the operator {@code sign} if it is the current token. */
  boolean skip(String sign) {
    boolean found = current().is(sign);
    if (found) {
      next();
    }
    return found;
  }

  /** Passes the name {@code name} if it is the current token. */
  boolean skipName(String name) {
    boolean found = current().isName(name);
    if (found) {
      next();
    }
    return found;
  }

  /** Passes the operator {@code sign}. */
  @CanIgnoreReturnValue
  Token expect(String sign) {
    if (!current().is(sign)) {
      throw unexpected("'" + sign + "'");
    }
    return next();
  }

  /** Passes a token of a kind. */
  @CanIgnoreReturnValue
  Token expect(Kind kind) {
    if (current().kind() != kind) {
      throw unexpected(expected(kind));
    }
    return next();
  }

  private static String expected(Kind kind) {
    return switch (kind) {
      case VARIABLE_END -> "'}}'";
      case BLOCK_END -> "'%}'";
      default -> "a name";
    };
  }

  /** Returns the number of the current token. */
  int position() {
    return at;
  }

  /** Returns whether a name stands between the token of a number and the current one. */
  boolean hasName(String name, int begin) {
    return tokens.subList(begin, at).stream().anyMatch(token -> token.isName(name));
  }

  private JinjaException unexpected(String expected) {
    return failure("expected " + expected + ", got '" + current().described() + "'");
  }

  /** Returns an error at the current token. */
  JinjaException failure(String sentence) {
    return new JinjaException(sentence).atLine(current().line());
  }
}
