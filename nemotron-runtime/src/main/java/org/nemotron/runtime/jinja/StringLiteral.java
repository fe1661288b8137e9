package org.nemotron.runtime.jinja;

/** Texts in quotes, with Python's escapes. */
final class StringLiteral {
  private static final int MAX_OCTAL_DIGITS = 3;

  private final String source;
  private final StringBuilder out = new StringBuilder();
  private int at = 0;

  private StringLiteral(String source) {
    this.source = source;
  }

  /**
   * Returns what the characters between two quotes stand for.
   *
   * @throws JinjaException if an escape is malformed
   */
  static String read(String inside) {
    if (inside.indexOf('\\') < 0) {
      return inside;
    }
    StringLiteral literal = new StringLiteral(inside);
    while (literal.at < inside.length()) {
      literal.readOne();
    }
    return literal.out.toString();
  }

  private void readOne() {
    char c = source.charAt(at++);
    if (c != '\\' || at == source.length()) {
      out.append(c);
      return;
    }
    char escaped = source.charAt(at++);
    switch (escaped) {
      case '\n' -> {} // the line goes on
      case '\\', '\'', '"' -> out.append(escaped);
      case 'a' -> out.append('\u0007');
      case 'b' -> out.append('\b');
      case 'f' -> out.append('\f');
      case 'n' -> out.append('\n');
      case 'r' -> out.append('\r');
      case 't' -> out.append('\t');
      case 'v' -> out.append('\u000b');
      case 'x' -> readHex(2);
      case 'u' -> readHex(4);
      case 'U' -> readHex(8);
      case 'N' -> readName();
      case '0', '1', '2', '3', '4', '5', '6', '7' -> readOctal();
      default -> out.append('\\').append(escaped);
    }
  }

  private void readHex(int digits) {
    int end = at + digits;
    if (end > source.length()
        || !source
            .substring(at, end)
            .chars()
            .allMatch(c -> c < 128 && Character.digit(c, 16) >= 0)) {
      throw new JinjaException("a text has a truncated \\ escape");
    }
    appendCodePoint(Long.parseLong(source.substring(at, end), 16));
    at = end;
  }

  private void readOctal() {
    int begin = at - 1;
    int end = begin;
    while (end < source.length()
        && end < begin + MAX_OCTAL_DIGITS
        && source.charAt(end) >= '0'
        && source.charAt(end) <= '7') {
      end++;
    }
    appendCodePoint(Long.parseLong(source.substring(begin, end), 8));
    at = end;
  }

  private void readName() {
    int end = source.indexOf('}', at);
    if (end < 0 || source.charAt(at) != '{') {
      throw new JinjaException("malformed \\N character escape");
    }
    String name = source.substring(at + 1, end);
    try {
      out.appendCodePoint(Character.codePointOf(name));
    } catch (IllegalArgumentException e) {
      throw new JinjaException("unknown Unicode character name " + StringRepr.of(name));
    }
    at = end + 1;
  }

  private void appendCodePoint(long codePoint) {
    if (codePoint > Character.MAX_CODE_POINT) {
      throw new JinjaException("illegal Unicode character");
    }
    out.appendCodePoint((int) codePoint);
  }
}
