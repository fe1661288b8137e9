package org.nemotron.runtime.grammar;

/** Thrown for a format that is malformed, not supported, or too large. */
public final class FormatException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  FormatException(String sentence) {
    super(sentence);
  }
}
