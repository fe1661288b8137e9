package org.nemotron.runtime.jinja;

/**
 * A piece of a template.
 *
 * @param kind what it is
 * @param text what it says: a name, an operator, the text between tags, or a text in quotes as it
 *     reads
 * @param line where it begins, from 1
 */
record Token(Kind kind, String text, int line) {
  enum Kind {
    /** Text between tags. */
    DATA,
    /** The beginning of an expression that is written. */
    VARIABLE_BEGIN,
    VARIABLE_END,
    /** The beginning of a statement. */
    BLOCK_BEGIN,
    BLOCK_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    /** The end of the template. */
    END
  }

  /** Returns whether this is the name {@code name}. */
  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }

  /** Returns whether this is the operator {@code sign}. */
  boolean is(String sign) {
    return kind == Kind.OPERATOR && text.equals(sign);
  }

  /** Returns what an error calls the token. */
  String described() {
    return switch (kind) {
      case DATA -> "text";
      case VARIABLE_BEGIN -> "{{";
      case VARIABLE_END -> "}}";
      case BLOCK_BEGIN -> "{%";
      case BLOCK_END -> "%}";
      case END -> "end of template";
      case STRING -> StringRepr.of(text);
      case NAME, INTEGER, FLOAT, OPERATOR -> text;
    };
  }
}
