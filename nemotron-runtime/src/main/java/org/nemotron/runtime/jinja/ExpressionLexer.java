package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.nemotron.runtime.jinja.Token.Kind;

/** Cuts what stands between the braces of one tag into tokens. */
final class ExpressionLexer {
  private static final int FLAGS = Pattern.UNICODE_CHARACTER_CLASS;

  private static final Pattern FLOAT =
      Pattern.compile(
          "(?<!\\.)([0-9]+_)*[0-9]+((\\.([0-9]+_)*[0-9]+)?[eE][+-]?([0-9]+_)*[0-9]+"
              + "|\\.([0-9]+_)*[0-9]+)");

  private static final Pattern INTEGER =
      Pattern.compile(
          "0[bB](_?[01])+|0[oO](_?[0-7])+|0[xX](_?[0-9a-fA-F])+|[1-9](_?[0-9])*|0(_?0)*");

  private static final Pattern NAME = Pattern.compile("\\w+", FLAGS);

  private static final ImmutableList<String> OPERATORS =
      ImmutableList.of(
          "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{",
          "}", ">", "<", "=", ".", ":", "|", ",", ";");

  private final String source;
  private final String close;
  private final Deque<Character> open = new ArrayDeque<>();
  private Kind kind = Kind.END;
  private String text = "";
  private int begin;
  private int at;
  private char sign = ' ';

  /**
   * Makes a lexer of the tag whose inside begins at {@code at}.
   *
   * @param close the two characters that end the tag
   */
  ExpressionLexer(String source, int at, String close) {
    this.source = source;
    this.at = at;
    this.begin = at;
    this.close = close;
  }

  /** Goes to the next token; returns false at the end of the tag. */
  boolean next() {
    at = Characters.skipSpace(source, at);
    if (at >= source.length()) {
      throw new JinjaException("the tag has no " + close);
    }
    begin = at;
    if (open.isEmpty() && isClosed()) {
      return false;
    }
    char first = source.charAt(at);
    if (first == '\'' || first == '"') {
      readString(first);
    } else if (!matches(FLOAT, Kind.FLOAT)
        && !matches(INTEGER, Kind.INTEGER)
        && !matches(NAME, Kind.NAME)) {
      readOperator();
    }
    return true;
  }

  /** Returns whether the tag ends here; a sign before the end belongs to it. */
  private boolean isClosed() {
    char first = source.charAt(at);
    boolean signed = first == '-' || (first == '+' && close.equals("%}"));
    if (signed && source.startsWith(close, at + 1)) {
      sign = first;
      at++;
      return true;
    }
    return source.startsWith(close, at);
  }

  private boolean matches(Pattern pattern, Kind matched) {
    Matcher matcher =
        pattern.matcher(source).region(at, source.length()).useTransparentBounds(true);
    if (!matcher.lookingAt()) {
      return false;
    }
    accept(matched, matcher.group(), matcher.end());
    if (matched == Kind.NAME && !Characters.isIdentifier(text)) {
      throw new JinjaException("Invalid character in identifier");
    }
    return true;
  }

  private void accept(Kind matched, String matchedText, int end) {
    kind = matched;
    text = matchedText;
    at = end;
  }

  private void readString(char quote) {
    int end = at + 1;
    while (end < source.length() && source.charAt(end) != quote) {
      end += source.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= source.length()) {
      throw new JinjaException("a text in quotes has no end");
    }
    accept(Kind.STRING, StringLiteral.read(source.substring(at + 1, end)), end + 1);
  }

  private void readOperator() {
    for (String operator : OPERATORS) {
      if (source.startsWith(operator, at)) {
        balance(operator.charAt(0));
        accept(Kind.OPERATOR, operator, at + operator.length());
        return;
      }
    }
    throw new JinjaException(
        "unexpected char " + StringRepr.of(Character.toString(source.codePointAt(at))));
  }

  private void balance(char operator) {
    switch (operator) {
      case '(' -> open.push(')');
      case '[' -> open.push(']');
      case '{' -> open.push('}');
      case ')', ']', '}' -> {
        if (open.isEmpty()) {
          throw new JinjaException("unexpected '" + operator + "'");
        }
        char expected = open.pop();
        if (expected != operator) {
          throw new JinjaException("unexpected '" + operator + "', expected '" + expected + "'");
        }
      }
      default -> {}
    }
  }

  Kind kind() {
    return kind;
  }

  String text() {
    return text;
  }

  /** Returns where the token begins. */
  int begin() {
    return begin;
  }

  /** Returns where the two characters stand that end the tag. */
  int end() {
    return at;
  }

  /** Returns the sign before these, or a blank. */
  char sign() {
    return sign;
  }
}
