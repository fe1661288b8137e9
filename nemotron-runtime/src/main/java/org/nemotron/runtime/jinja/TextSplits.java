package org.nemotron.runtime.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.nemotron.runtime.jinja.Signature.Bound;

/** Texts cut as Python's {@code split}, {@code rsplit} and {@code splitlines} cut them. */
final class TextSplits {
  private TextSplits() {}

  static void checkSeparator(String separator) {
    if (separator.isEmpty()) {
      throw new JinjaException("empty separator");
    }
  }

  /** Returns the parts between separators, or between runs of white space. */
  static List<String> split(String text, Bound bound) {
    long most = bound.integer(1, -1);
    return bound
        .maybeText(0)
        .map(separator -> split(text, separator, most))
        .orElseGet(() -> words(text, most));
  }

  private static List<String> split(String text, String separator, long most) {
    checkSeparator(separator);
    List<String> parts = new ArrayList<>();
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

  private static List<String> words(String text, long most) {
    List<String> parts = new ArrayList<>();
    int at = Characters.skipSpace(text, 0);
    while (at < text.length()) {
      if (parts.size() == most) {
        parts.add(text.substring(at));
        return parts;
      }
      int end = at;
      while (end < text.length() && !Characters.isSpace(text.charAt(end))) {
        end++;
      }
      parts.add(text.substring(at, end));
      at = Characters.skipSpace(text, end);
    }
    return parts;
  }

  /** Returns the parts, cut from the end. */
  static List<String> rsplit(String text, Bound bound) {
    long most = bound.integer(1, -1);
    List<String> parts =
        bound
            .maybeText(0)
            .map(separator -> rsplit(text, separator, most))
            .orElseGet(() -> lastWords(text, most));
    Collections.reverse(parts);
    return parts;
  }

  private static List<String> rsplit(String text, String separator, long most) {
    checkSeparator(separator);
    List<String> parts = new ArrayList<>();
    int end = text.length();
    int begin = text.lastIndexOf(separator);
    while (begin >= 0 && parts.size() != most) {
      parts.add(text.substring(begin + separator.length(), end));
      end = begin;
      begin = text.lastIndexOf(separator, begin - separator.length());
    }
    parts.add(text.substring(0, end));
    return parts;
  }

  private static List<String> lastWords(String text, long most) {
    List<String> parts = new ArrayList<>();
    int end = Characters.stripTrailing(text).length();
    while (end > 0) {
      if (parts.size() == most) {
        parts.add(text.substring(0, end));
        return parts;
      }
      int begin = end;
      while (begin > 0 && !Characters.isSpace(text.charAt(begin - 1))) {
        begin--;
      }
      parts.add(text.substring(begin, end));
      end = Characters.stripTrailing(text.substring(0, begin)).length();
    }
    return parts;
  }

  /** Returns the lines, with or without their ends. */
  static List<String> lines(String text, boolean keepEnds) {
    List<String> lines = new ArrayList<>();
    int begin = 0;
    for (int at = 0; at < text.length(); at++) {
      if (Characters.isLineEnd(text.charAt(at))) {
        int next = text.startsWith("\r\n", at) ? at + 2 : at + 1;
        lines.add(text.substring(begin, keepEnds ? next : at));
        begin = next;
        at = next - 1;
      }
    }
    if (begin < text.length()) {
      lines.add(text.substring(begin));
    }
    return lines;
  }
}
