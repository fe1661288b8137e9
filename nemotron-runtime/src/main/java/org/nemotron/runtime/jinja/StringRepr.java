package org.nemotron.runtime.jinja;

/** Strings in quotes, as Python's {@code repr} writes them. */
final class StringRepr {
  private StringRepr() {}

  static String of(String text) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    StringBuilder out = new StringBuilder(text.length() + 2).append(quote);
    text.codePoints().forEach(c -> append(out, c, quote));
    return out.append(quote).toString();
  }

  /** Returns {@code ascii(text)} of what {@code repr} wrote. */
  static String ascii(String repr) {
    StringBuilder out = new StringBuilder(repr.length());
    repr.codePoints()
        .mapToObj(c -> c < 0x80 ? Character.toString(c) : escaped(c))
        .forEach(out::append);
    return out.toString();
  }

  private static String escaped(int c) {
    return String.format(c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
  }

  private static void append(StringBuilder out, int c, char quote) {
    if (c == quote || c == '\\') {
      out.append('\\').appendCodePoint(c);
    } else if (c == '\n') {
      out.append("\\n");
    } else if (c == '\r') {
      out.append("\\r");
    } else if (c == '\t') {
      out.append("\\t");
    } else if (Characters.isPrintable(c)) {
      out.appendCodePoint(c);
    } else {
      out.append(escaped(c));
    }
  }
}
