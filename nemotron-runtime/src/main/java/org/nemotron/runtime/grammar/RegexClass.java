package org.nemotron.runtime.grammar;

/** A class of characters in brackets; the parser stands behind the first. */
final class RegexClass {
  private final RegexParser parser;
  private CodePoints set = CodePoints.NONE;

  RegexClass(RegexParser parser) {
    this.parser = parser;
  }

  CodePoints parse() {
    boolean negated = parser.skip('^');
    while (!parser.isAtEnd() && parser.peek() != ']') {
      addItem();
    }
    if (!parser.skip(']')) {
      throw parser.malformed("'[' without ']'");
    }
    return negated ? set.complement() : set.within(CodePoints.ALL);
  }

  private void addItem() {
    CodePoints first = item();
    boolean isRange =
        parser.startsWith("-") && !parser.startsWith("-]") && first.pairs().size() == 1;
    if (!isRange || first.pairs().get(0)[0] != first.pairs().get(0)[1]) {
      set = set.and(first);
      return;
    }
    boolean unused = parser.skip('-');
    if (parser.isAtEnd()) {
      throw parser.malformed("'[' without ']'");
    }
    CodePoints last = item();
    int from = first.pairs().get(0)[0];
    int to = last.pairs().get(0)[0];
    if (last.pairs().size() != 1 || last.pairs().get(0)[1] != to || to < from) {
      throw parser.malformed("a range whose end is no character behind its beginning");
    }
    set = set.and(from, to);
  }

  private CodePoints item() {
    if (parser.startsWith("[:") || parser.startsWith("&&")) {
      throw parser.refused("a named class, or an intersection");
    }
    if (parser.startsWith("\\b")) {
      boolean unused = parser.skip('\\') && parser.skip('b');
      return CodePoints.of('\b');
    }
    return parser.peek() == '\\' ? parser.escape() : CodePoints.of(parser.codePoint());
  }
}
