package org.nemotron.runtime.jinja;

import org.nemotron.runtime.jinja.Signature.Bound;

/** Texts filled up to a width. */
final class TextFields {
  private TextFields() {}

  static Value left(Text self, Bound bound) {
    return self.like(self.value() + fill(bound, missing(self, bound)));
  }

  static Value right(Text self, Bound bound) {
    return self.like(fill(bound, missing(self, bound)) + self.value());
  }

  static Value center(Text self, Bound bound) {
    return self.like(center(self.value(), bound.integer(0, 0), fill(bound, 1)));
  }

  /** Returns {@code text} in the middle of {@code width}; an odd rest stands as Python puts it. */
  static String center(String text, long width, String fill) {
    long missing = Math.max(0, width - text.codePointCount(0, text.length()));
    long before = missing / 2 + (missing & width & 1);
    return repeat(fill, before) + text + repeat(fill, missing - before);
  }

  private static long missing(Text self, Bound bound) {
    return Math.max(0, bound.integer(0, 0) - self.length());
  }

  private static String fill(Bound bound, long count) {
    String fill = bound.maybeText(1).orElse(" ");
    if (fill.codePointCount(0, fill.length()) != 1) {
      throw new JinjaException("The fill character must be exactly one character long");
    }
    return repeat(fill, count);
  }

  /** Returns {@code text}, {@code count} times. */
  static String repeat(String text, long count) {
    if (text.length() * (double) count > Value.MAX_WEIGHT) {
      throw new JinjaException(
          "a text of more than " + Value.MAX_WEIGHT + " characters is refused");
    }
    return text.repeat((int) count);
  }

  static Value zeros(Text self, Bound bound) {
    String text = self.value();
    boolean signed = text.startsWith("-") || text.startsWith("+");
    String zeros = repeat("0", missing(self, bound));
    return self.like(signed ? text.charAt(0) + zeros + text.substring(1) : zeros + text);
  }

  static String expandTabs(String text, long size) {
    StringBuilder out = new StringBuilder();
    int column = 0;
    for (int c : text.codePoints().toArray()) {
      if (c == '\t') {
        int spaces = size > 0 ? (int) (size - column % size) : 0;
        out.append(repeat(" ", spaces));
        column += spaces;
      } else {
        out.appendCodePoint(c);
        column = c == '\n' || c == '\r' ? 0 : column + 1;
      }
    }
    return out.toString();
  }
}
