package org.nemotron.runtime.chat;

import com.google.common.base.Ascii;
import com.google.common.base.CharMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The methods of Python's strings that chat templates call. */
final class PythonStrings {
  private PythonStrings() {}

  /**
   * Returns the value of {@code text.method(arguments)}.
   *
   * @throws ChatTemplateException if there is no such method
   */
  static Object call(String text, String method, Object... arguments) {
    @Nullable String first = arguments.length > 0 ? String.valueOf(arguments[0]) : null;
    return switch (method) {
      case "strip" -> strip(text, first, true, true);
      case "lstrip" -> strip(text, first, true, false);
      case "rstrip" -> strip(text, first, false, true);
      case "split" -> split(text, first, limit(arguments));
      case "rsplit" -> rsplit(text, required(method, first), limit(arguments));
      case "splitlines" -> text.lines().toList();
      case "startswith" -> text.startsWith(required(method, first));
      case "endswith" -> text.endsWith(required(method, first));
      case "removeprefix" -> removePrefix(text, required(method, first));
      case "removesuffix" -> removeSuffix(text, required(method, first));
      case "find" -> (long) text.indexOf(required(method, first));
      case "count" -> (long) split(text, required(method, first), -1).size() - 1;
      case "replace" ->
          text.replace(
              required(method, first),
              required(method, arguments.length > 1 ? String.valueOf(arguments[1]) : null));
      case "upper" -> text.toUpperCase(Locale.ROOT);
      case "lower" -> text.toLowerCase(Locale.ROOT);
      case "capitalize" -> capitalize(text);
      case "title" -> title(text);
      case "isdigit" -> !text.isEmpty() && text.chars().allMatch(Character::isDigit);
      default ->
          throw new ChatTemplateException(
              "the chat template calls a string's method " + method + ", which is not known here");
    };
  }

  private static String required(String method, @Nullable String argument) {
    if (argument == null) {
      throw new ChatTemplateException(
          "the chat template calls a string's method " + method + " with too few arguments");
    }
    return argument;
  }

  private static int limit(Object... arguments) {
    return arguments.length > 1 && arguments[1] instanceof Number number ? number.intValue() : -1;
  }

  /** Returns {@code text} without the characters of {@code set}, or white space, at its ends. */
  static String strip(String text, @Nullable String set, boolean left, boolean right) {
    CharMatcher matcher = set == null ? CharMatcher.whitespace() : CharMatcher.anyOf(set);
    String begun = left ? matcher.trimLeadingFrom(text) : text;
    return right ? matcher.trimTrailingFrom(begun) : begun;
  }

  /** Returns at most {@code most} + 1 parts, or all of them where {@code most} is negative. */
  private static List<String> split(String text, @Nullable String separator, int most) {
    List<String> parts = new ArrayList<>();
    if (separator == null) { // at runs of white space, and none at the ends
      CharMatcher.whitespace()
          .trimAndCollapseFrom(text, ' ')
          .lines()
          .flatMap(line -> List.of(line.split(" ")).stream())
          .forEach(parts::add);
      return parts;
    }
    checkSeparator(separator);
    int begin = 0;
    int end = text.indexOf(separator);
    while (end >= 0 && parts.size() != most) {
      parts.add(text.substring(begin, end));
      begin = end + separator.length();
      end = text.indexOf(separator, begin);
    }
    parts.add(text.substring(begin));
    return parts;
  }

  private static List<String> rsplit(String text, String separator, int most) {
    checkSeparator(separator);
    List<String> parts = new ArrayList<>();
    int end = text.length();
    int begin = text.lastIndexOf(separator);
    while (begin >= 0 && parts.size() != most) {
      parts.add(0, text.substring(begin + separator.length(), end));
      end = begin;
      begin = begin == 0 ? -1 : text.lastIndexOf(separator, begin - separator.length());
    }
    parts.add(0, text.substring(0, end));
    return parts;
  }

  private static void checkSeparator(String separator) {
    if (separator.isEmpty()) {
      throw new ChatTemplateException("the chat template splits a string at an empty separator");
    }
  }

  private static String removePrefix(String text, String prefix) {
    return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
  }

  private static String removeSuffix(String text, String suffix) {
    return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
  }

  private static String capitalize(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT)
            + text.substring(1).toLowerCase(Locale.ROOT);
  }

  private static String title(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean inWord = false;
    for (int i = 0; i < text.length(); i++) {
      char letter = text.charAt(i);
      out.append(inWord ? Character.toLowerCase(letter) : Character.toUpperCase(letter));
      inWord = Character.isLetter(letter) || Ascii.toLowerCase(letter) != letter;
    }
    return out.toString();
  }
}
