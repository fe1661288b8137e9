package org.nemotron.runtime.jinja;

import java.util.Locale;

/** Upper and lower case as Python's strings have them. */
final class TextCases {
  private static final int DOTLESS_I = 0x131;
  private static final int SIGMA = 0x3a3;
  private static final String FINAL_SIGMA = "ς";

  private TextCases() {}

  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.offsetByCodePoints(0, 1);
    return titled(text.codePointAt(0)) + text.substring(first).toLowerCase(Locale.ROOT);
  }

  /** One character may have a title form of its own, or be several in upper case. */
  private static String titled(int c) {
    int title = Character.toTitleCase(c);
    String upper = Character.toString(c).toUpperCase(Locale.ROOT);
    return title != c || upper.codePointCount(0, upper.length()) == 1
        ? Character.toString(title)
        : upper.substring(0, 1) + upper.substring(1).toLowerCase(Locale.ROOT);
  }

  static String title(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean inWord = false;
    for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
      int c = text.codePointAt(at);
      out.append(inWord ? lower(text, at) : titled(c));
      inWord = Characters.isCased(c);
    }
    return out.toString();
  }

  static String swap(String text) {
    StringBuilder out = new StringBuilder(text.length());
    for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
      int c = text.codePointAt(at);
      String character = Character.toString(c);
      out.append(
          Character.isUpperCase(c)
              ? lower(text, at)
              : Character.isLowerCase(c) ? character.toUpperCase(Locale.ROOT) : character);
    }
    return out.toString();
  }

  /** Returns the lower case of one character: a capital sigma has another at the end of a word. */
  private static String lower(String text, int at) {
    int c = text.codePointAt(at);
    return c == SIGMA && endsWord(text, at)
        ? FINAL_SIGMA
        : c == SIGMA ? "σ" : Character.toString(c).toLowerCase(Locale.ROOT);
  }

  private static boolean endsWord(String text, int at) {
    int before = at - 1;
    while (before >= 0 && isIgnored(text.charAt(before))) {
      before--;
    }
    int after = at + 1;
    while (after < text.length() && isIgnored(text.charAt(after))) {
      after++;
    }
    return before >= 0
        && Characters.isCased(text.charAt(before))
        && (after == text.length() || !Characters.isCased(text.charAt(after)));
  }

  /** Returns whether a character does not end a word for the sake of its case. */
  private static boolean isIgnored(char c) {
    return switch (Character.getType(c)) {
      case Character.NON_SPACING_MARK,
          Character.ENCLOSING_MARK,
          Character.FORMAT,
          Character.MODIFIER_LETTER,
          Character.MODIFIER_SYMBOL ->
          true;
      default -> "'.:·’".indexOf(c) >= 0;
    };
  }

  /** Full case folding is the lower case of the upper case, but for the dotless i. */
  static String fold(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .mapToObj(
            c ->
                c == DOTLESS_I
                    ? Character.toString(c)
                    : Character.toString(c).toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT))
        .forEach(out::append);
    return out.toString();
  }

  static boolean isUpper(String text) {
    return text.codePoints().anyMatch(Characters::isCased)
        && text.codePoints().filter(Characters::isCased).allMatch(Character::isUpperCase);
  }

  static boolean isLower(String text) {
    return text.codePoints().anyMatch(Characters::isCased)
        && text.codePoints().filter(Characters::isCased).allMatch(Character::isLowerCase);
  }

  static boolean isTitle(String text) {
    boolean inWord = false;
    boolean found = false;
    for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
      int c = text.codePointAt(at);
      boolean begins = Character.isUpperCase(c) || Character.isTitleCase(c);
      if (begins == inWord && Characters.isCased(c)) {
        return false;
      }
      inWord = Characters.isCased(c);
      found |= inWord;
    }
    return found;
  }
}
