package org.nemotron.runtime.jinja;

import java.util.function.BiPredicate;
import org.nemotron.runtime.jinja.Signature.Bound;

/**
 * A search within a text from one place to another.
 *
 * @param window the text between the places; absent places are a range without any characters
 * @param offset how many characters stand before it
 * @param isRange whether the first place is not behind the second, or behind the text
 * @param sought what is searched
 */
record TextSearch(String window, int offset, boolean isRange, String sought) {

  static TextSearch of(Text self, Bound bound) {
    Range range = Range.of(self, bound);
    return new TextSearch(range.window(), range.begin(), range.exists(), bound.text(0));
  }

  /** Returns where the text stands first, or -1. */
  Value find() {
    return place(isRange ? window.indexOf(sought) : -1);
  }

  /** Returns where the text stands last, or -1. */
  Value findLast() {
    return place(isRange ? window.lastIndexOf(sought) : -1);
  }

  private Value place(int at) {
    return new Numeric.Int(at < 0 ? -1 : offset + window.codePointCount(0, at));
  }

  /** Returns how often the text stands there, without overlaps. */
  Value count() {
    if (!isRange) {
      return new Numeric.Int(0);
    }
    if (sought.isEmpty()) {
      return new Numeric.Int(window.codePointCount(0, window.length()) + 1L);
    }
    long count = 0;
    for (int at = window.indexOf(sought); at >= 0; count++) {
      at = window.indexOf(sought, at + sought.length());
    }
    return new Numeric.Int(count);
  }

  static Value startsWith(Text self, Bound bound) {
    return anyOf(self, bound, String::startsWith, "startswith");
  }

  static Value endsWith(Text self, Bound bound) {
    return anyOf(self, bound, String::endsWith, "endswith");
  }

  private static Value anyOf(
      Text self, Bound bound, BiPredicate<String, String> test, String method) {
    Range range = Range.of(self, bound);
    if (bound.get(0) instanceof SequenceValue.TupleValue affixes) {
      return Numeric.Bool.of(
          affixes.elements().stream().anyMatch(affix -> holds(range, affix, test, method)));
    }
    return Numeric.Bool.of(holds(range, bound.get(0), test, method));
  }

  private static boolean holds(
      Range range, Value affix, BiPredicate<String, String> test, String method) {
    if (!(affix instanceof Text text)) {
      throw new JinjaException(
          method + " first arg must be str or a tuple of str, not " + affix.typeName());
    }
    return range.exists() && test.test(range.window(), text.value());
  }

  /** The part of a text that the second and third argument choose. */
  private record Range(String window, int begin, boolean exists) {
    private static Range of(Text self, Bound bound) {
      String text = self.value();
      int length = self.length();
      long begin = place(bound.integerOrNone(1, 0), length);
      long end = Math.min(length, place(bound.integerOrNone(2, length), length));
      if (begin > length || begin > end) {
        return new Range("", 0, false);
      }
      int from = text.offsetByCodePoints(0, (int) begin);
      return new Range(
          text.substring(from, text.offsetByCodePoints(from, (int) (end - begin))),
          (int) begin,
          true);
    }

    private static long place(long index, int length) {
      return index < 0 ? Math.max(0, index + length) : index;
    }
  }
}
