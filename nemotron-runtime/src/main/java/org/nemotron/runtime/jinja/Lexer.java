package org.nemotron.runtime.jinja;

import com.google.common.base.CharMatcher;
import com.google.common.collect.ImmutableList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.nemotron.runtime.jinja.Token.Kind;

/**
 * Cuts a template into tokens and settles its white space.
 *
 * <p>By {@code trim_blocks}, the line break behind a statement or comment is dropped, by {@code
 * lstrip_blocks} the white space between the beginning of a line and one; a minus sign drops all
 * white space on its side, a plus sign keeps it. One line break at the end of the template is
 * dropped.
 */
final class Lexer {
  private static final Pattern LINE_BREAK = Pattern.compile("\r\n|\r");

  /** White space of Python's. */
  private static final String SPACE =
      "[\\s\\x1c-\\x1f\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*";

  /** {@code raw} and what follows it up to its text. */
  private static final Pattern RAW =
      Pattern.compile("[-+]?" + SPACE + "raw" + SPACE + "(-%\\}" + SPACE + "|%\\})");

  private static final Pattern END_RAW =
      Pattern.compile(
          "\\{%([-+]?)" + SPACE + "endraw" + SPACE + "(\\+%\\}|-%\\}" + SPACE + "|%\\}\n?)");

  private final String source;
  private final ImmutableList.Builder<Token> tokens = ImmutableList.builder();
  private int at = 0;
  private int line = 1;
  private int counted = 0;

  /** Whether what was read last ends in a line break, or nothing was read. */
  private boolean atLineStart = true;

  private Lexer(String template) {
    String lines = LINE_BREAK.matcher(template).replaceAll("\n");
    this.source = lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines;
  }

  /**
   * Returns the tokens of a template, an END last.
   *
   * @throws JinjaException if a tag or a text in quotes has no end, or a character has no meaning
   */
  static ImmutableList<Token> tokens(String template) {
    Lexer lexer = new Lexer(template);
    lexer.read();
    return lexer.tokens.build();
  }

  private void read() {
    while (at < source.length()) {
      int tag = nextTag();
      if (tag < 0) {
        addData(source.substring(at));
        at = source.length();
        break;
      }
      char kind = source.charAt(tag + 1);
      char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
      addData(before(source.substring(at, tag), kind, sign));
      at = tag + 2;
      Matcher raw = RAW.matcher(source).region(at, source.length());
      if (kind == '%' && raw.lookingAt()) {
        at = raw.end();
        readRaw();
      } else {
        at += sign == '-' || sign == '+' ? 1 : 0;
        readTag(kind);
      }
    }
    add(Kind.END, "");
  }

  private int nextTag() {
    for (int tag = source.indexOf('{', at); tag >= 0; tag = source.indexOf('{', tag + 1)) {
      if (tag + 1 < source.length() && "{%#".indexOf(source.charAt(tag + 1)) >= 0) {
        return tag;
      }
    }
    return -1;
  }

  /** Returns what is left of the text before a tag. */
  private String before(String text, char kind, char sign) {
    if (sign == '-') {
      return Characters.stripTrailing(text);
    }
    int lineStart = text.lastIndexOf('\n') + 1;
    boolean isStripped =
        kind != '{'
            && sign != '+'
            && (lineStart > 0 || atLineStart)
            && Characters.skipSpace(text, lineStart) == text.length();
    return isStripped ? text.substring(0, lineStart) : text;
  }

  private void readTag(char kind) {
    switch (kind) {
      case '#' -> readComment();
      case '%' -> {
        add(Kind.BLOCK_BEGIN, "");
        readInside("%}");
        add(Kind.BLOCK_END, "");
      }
      default -> {
        add(Kind.VARIABLE_BEGIN, "");
        readInside("}}");
        add(Kind.VARIABLE_END, "");
      }
    }
  }

  private void readComment() {
    int end = source.indexOf("#}", at);
    if (end < 0) {
      throw failure("Missing end of comment tag");
    }
    char sign = end > at ? source.charAt(end - 1) : ' ';
    at = end;
    finish(sign, true);
  }

  private void readRaw() {
    Matcher end = END_RAW.matcher(source).region(at, source.length());
    if (!end.find()) {
      throw failure("Missing end of raw directive");
    }
    atLineStart = at > 0 && source.charAt(at - 1) == '\n';
    String sign = end.group(1);
    addData(before(source.substring(at, end.start()), '%', sign.isEmpty() ? ' ' : sign.charAt(0)));
    at = end.end();
    atLineStart = source.charAt(at - 1) == '\n';
  }

  /** Reads the tokens of a tag and passes its end. */
  private void readInside(String close) {
    ExpressionLexer lexer = new ExpressionLexer(source, at, close);
    try {
      while (lexer.next()) {
        countLines(lexer.begin());
        tokens.add(new Token(lexer.kind(), lexer.text(), line));
      }
    } catch (JinjaException e) {
      countLines(lexer.begin());
      throw e.atLine(line);
    }
    at = lexer.end();
    finish(lexer.sign(), close.equals("%}"));
  }

  /** Passes the two characters that end a tag, and the white space behind it. */
  private void finish(char sign, boolean isBlock) {
    at += 2;
    int end = at;
    if (sign == '-') {
      end = Characters.skipSpace(source, at);
    } else if (isBlock && sign != '+' && source.startsWith("\n", at)) {
      end = at + 1;
    }
    at = end;
    atLineStart = source.charAt(at - 1) == '\n';
  }

  private void addData(String text) {
    if (!text.isEmpty()) {
      add(Kind.DATA, text);
    }
  }

  private void add(Kind kind, String text) {
    countLines(at);
    tokens.add(new Token(kind, text, line));
  }

  private void countLines(int end) {
    if (end > counted) {
      line += CharMatcher.is('\n').countIn(source.substring(counted, end));
      counted = end;
    }
  }

  private JinjaException failure(String sentence) {
    countLines(at);
    return new JinjaException(sentence).atLine(line);
  }
}
