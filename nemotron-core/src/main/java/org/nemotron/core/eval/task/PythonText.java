package org.nemotron.core.eval.task;

import com.google.common.base.CharMatcher;
import java.util.Locale;

/** Text as Python sees it: its white space, its capitals, its characters. */
final class PythonText {
  /** The characters for which Python's {@code str.isspace} is true. */
  static final CharMatcher SPACE =
      CharMatcher.inRange('\t', '\r')
          .or(CharMatcher.inRange('\u001c', ' '))
          .or(CharMatcher.anyOf("\u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000"))
          .or(CharMatcher.inRange('\u2000', '\u200a'))
          .precomputed();

  private PythonText() {}

  /** Returns the number of code points: Python's {@code len}. */
  static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /** Returns the first character as a capital and the rest in small letters. */
  static String capitalized(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.codePointAt(0);
    int cut = Character.charCount(first);
    return Character.toString(Character.toTitleCase(first))
        + text.substring(cut).toLowerCase(Locale.ROOT);
  }

  /** Returns the text with its first character as a small letter. */
  static String withSmallFirst(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int cut = Character.charCount(text.codePointAt(0));
    return text.substring(0, cut).toLowerCase(Locale.ROOT) + text.substring(cut);
  }

  /** Returns the text without its last character. */
  static String withoutLast(String text) {
    return text.isEmpty() ? text : text.substring(0, text.offsetByCodePoints(text.length(), -1));
  }

  /** Returns how many pieces runs of white space divide the text into: never less than one. */
  static long words(String text) {
    long words = 1;
    for (int i = 0; i < text.length(); i++) {
      boolean space = SPACE.matches(text.charAt(i));
      if (space && (i == 0 || !SPACE.matches(text.charAt(i - 1)))) {
        words++;
      }
    }
    return words;
  }

  /** Returns whether the text consists of decimal digits, and at least one. */
  static boolean isDigits(String text) {
    return !text.isEmpty() && text.codePoints().allMatch(Character::isDigit);
  }
}
