package org.nemotron.runtime.jinja;

/** The text that a rendering, a macro or a block writes. */
final class Output {
  private final StringBuilder text = new StringBuilder();

  void append(String part) {
    if (text.length() + part.length() > Value.MAX_WEIGHT) {
      throw new JinjaException(
          "a text of more than " + Value.MAX_WEIGHT + " characters is refused");
    }
    text.append(part);
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
