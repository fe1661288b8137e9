package org.nemotron.nas.report;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableMap;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;
import java.util.Map;

/**
 * Text that a model or a user wrote, made safe for a terminal or a page.
 *
 * <p>Control characters are replaced: a model may generate any byte, and a terminal would execute
 * some.
 */
public final class PlainText {
  /** Replacements for a terminal without Unicode. */
  private static final ImmutableMap<String, String> SPELT_OUT =
      ImmutableMap.of(
          "×", "x", "±", "+-", "−", "-", "‖", "||", "…", "...", "“", "\"", "”", "\"", "‘", "'", "’",
          "'");

  private static final char REPLACEMENT = '\uFFFD';

  private PlainText() {}

  /** Returns {@code text} without characters that neither XML nor a terminal should get. */
  public static String printable(String text) {
    StringBuilder kept = new StringBuilder(text.length());
    text.replace("\r\n", "\n")
        .codePoints()
        .forEach(point -> kept.appendCodePoint(isPrintable(point) ? point : REPLACEMENT));
    return kept.toString();
  }

  private static boolean isPrintable(int point) {
    if (point == '\n' || point == '\t') {
      return true;
    }
    boolean surrogate = point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
    boolean noCharacter = (point & 0xFFFE) == 0xFFFE;
    return !Character.isISOControl(point) && !surrogate && !noCharacter;
  }

  /** Returns {@code text} in characters that {@code charset} has. */
  static String forTerminal(String text, Charset charset) {
    CharsetEncoder encoder = charset.newEncoder();
    String shown = printable(text);
    for (Map.Entry<String, String> entry : SPELT_OUT.entrySet()) {
      if (!encoder.canEncode(entry.getKey())) {
        shown = shown.replace(entry.getKey(), entry.getValue());
      }
    }
    return shown;
  }

  /** Returns {@code text}, or its beginning and an ellipsis when it is longer than allowed. */
  public static String shorten(String text, int most) {
    String line = printable(text).replace('\n', ' ').replace('\t', ' ');
    return line.codePointCount(0, line.length()) <= most
        ? line
        : line.substring(0, line.offsetByCodePoints(0, most - 1)) + "…";
  }

  /**
   * Returns {@code text} broken between words into lines of at most {@code columns}, the first one
   * after {@code label} and the others indented as far.
   */
  static String wrap(String text, String label, int columns) {
    StringBuilder out = new StringBuilder(label);
    int indent = label.length();
    int used = indent;
    for (String word : Splitter.onPattern("\\s+").omitEmptyStrings().split(printable(text))) {
      for (String part : Splitter.fixedLength(columns - indent).split(word)) {
        if (used > indent && used + 1 + part.length() > columns) {
          out.append('\n').append(" ".repeat(indent));
          used = indent;
        }
        out.append(used > indent ? " " : "").append(part);
        used += part.length() + (used > indent ? 1 : 0);
      }
    }
    return out.append('\n').toString();
  }
}
