package org.nemotron.runtime.chat;

/**
 * What stands between the braces of one tag, written so that Jinjava reads it as Jinja2 does.
 * Immutable.
 *
 * <p>Closing braces of nested dictionaries are kept apart, since two would end the tag; characters
 * escaped by number are written out; and {@code [::-1]} becomes a filter.
 *
 * @param text the rewritten expression
 * @param end where the two characters stand that end the tag
 * @param sign the '-' or '+' before these, or another character
 */
record ExpressionText(String text, int end, char sign) {
  /** Jinjava's parser takes a time that grows with the cube of the depth. */
  private static final int MAX_DEPTH = 32;

  /** And with the square of the length; texts in quotes are not counted. */
  private static final int MAX_CHARS = 4096;

  /**
   * Returns the expression that begins at {@code begin} and ends before {@code close}.
   *
   * @throws ChatTemplateException if there is no end
   */
  static ExpressionText read(String source, int begin, String close) {
    StringBuilder out = new StringBuilder();
    int depth = 0;
    int chars = 0;
    int at = begin;
    while (at < source.length()) {
      if (depth > MAX_DEPTH || chars++ > MAX_CHARS) {
        throw new ChatTemplateException(
            "the chat template has an expression that is too long or nested too deeply: "
                + excerpt(source, begin));
      }
      char next = source.charAt(at);
      if (depth == 0 && source.startsWith(close, at)) {
        return finished(out, at);
      } else if (next == '"' || next == '\'') {
        at = readString(source, at, out);
      } else if (source.startsWith("[::-1]", at)) {
        out.append("|reverse|list");
        at += "[::-1]".length();
      } else {
        depth += "([{".indexOf(next) >= 0 ? 1 : ")]}".indexOf(next) >= 0 ? -1 : 0;
        out.append(next == '}' ? "} " : next == '\n' ? " " : next);
        at++;
      }
    }
    throw new ChatTemplateException(
        "the chat template has a tag without " + close + ": " + excerpt(source, begin));
  }

  private static ExpressionText finished(StringBuilder out, int end) {
    char sign = out.isEmpty() ? ' ' : out.charAt(out.length() - 1);
    if (sign == '-' || sign == '+') {
      out.setLength(out.length() - 1);
    }
    return new ExpressionText(out.toString().trim(), end, sign);
  }

  /** Copies a string and returns where it ends. */
  private static int readString(String source, int begin, StringBuilder out) {
    char quote = source.charAt(begin);
    out.append(quote);
    int at = begin + 1;
    while (at < source.length() && source.charAt(at) != quote) {
      if (source.charAt(at) == '\\' && at + 1 < source.length()) {
        at = readEscape(source, at, out);
      } else {
        out.append(source.charAt(at++));
      }
    }
    if (at == source.length()) {
      throw new ChatTemplateException(
          "the chat template has a string without an end: " + excerpt(source, begin));
    }
    out.append(quote);
    return at + 1;
  }

  private static int readEscape(String source, int begin, StringBuilder out) {
    int digits =
        switch (source.charAt(begin + 1)) {
          case 'x' -> 2;
          case 'u' -> 4;
          case 'U' -> 8;
          default -> 0;
        };
    int end = begin + 2 + digits;
    if (digits > 0 && end <= source.length()) {
      try {
        out.appendCodePoint(Integer.parseInt(source.substring(begin + 2, end), 16));
        return end;
      } catch (IllegalArgumentException e) {
        throw new ChatTemplateException(
            "the chat template has a malformed escape: " + excerpt(source, begin), e);
      }
    }
    out.append(source, begin, begin + 2);
    return begin + 2;
  }

  private static String excerpt(String source, int begin) {
    String line = source.substring(begin, Math.min(source.length(), begin + 40));
    return line.replace('\n', ' ').trim();
  }
}
