package org.nemotron.runtime.jinja;

/**
 * A template that is not Jinja, or an error of its rendering, in Python's or Jinja2's words where
 * they have some.
 */
public final class JinjaException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Where the error was met; 0 as long as nobody said. */
  private final int line;

  /** Whether the template itself raised the error, by {@code raise_exception}. */
  private final boolean raised;

  private JinjaException(String message, int line, boolean raised) {
    super(message);
    this.line = line;
    this.raised = raised;
  }

  /** Makes an error with one sentence. */
  JinjaException(String message) {
    this(message, 0, false);
  }

  /** Returns the error of a template that calls {@code raise_exception(message)}. */
  static JinjaException raised(String message) {
    return new JinjaException(message, 0, true);
  }

  /** Returns an error of something that Jinja2 has and this package has not. */
  static JinjaException unknown(String what) {
    return new JinjaException(what + " is not known here");
  }

  /** Returns this error, met at {@code number} unless a line within that is known. */
  JinjaException atLine(int number) {
    if (line > 0 || raised) {
      return this;
    }
    JinjaException located = new JinjaException(String.valueOf(getMessage()), number, false);
    located.initCause(this);
    return located;
  }

  /** Returns the line of the template where the error was met, from 1, or 0 where it is unknown. */
  public int line() {
    return line;
  }

  /** Returns whether the template itself raised the error, by {@code raise_exception}. */
  public boolean isRaised() {
    return raised;
  }
}
