package org.nemotron.nas.report.html;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import org.nemotron.nas.report.PlainText;

/**
 * Builds a page that is HTML and well-formed XML at once.
 *
 * <p>Every text and every attribute is escaped here and nowhere else, and every element is closed
 * by its own name: no caller can write a tag by hand, so no sample text can become one.
 */
final class Markup {
  private final StringBuilder out = new StringBuilder();
  private final Deque<String> open = new ArrayDeque<>();

  /** Opens an element; {@code attributes} are names and values by turns. */
  @CanIgnoreReturnValue
  Markup open(String tag, String... attributes) {
    startTag(tag, attributes);
    out.append('>');
    open.push(tag);
    return this;
  }

  /** Closes the innermost open element. */
  @CanIgnoreReturnValue
  Markup close() {
    checkState(!open.isEmpty(), "no element is open");
    out.append("</").append(open.pop()).append('>');
    return this;
  }

  /** Writes an element that holds only text. */
  @CanIgnoreReturnValue
  Markup element(String tag, String text, String... attributes) {
    return open(tag, attributes).text(text).close();
  }

  /** Writes an element without content: a void element of HTML, or a shape of SVG. */
  @CanIgnoreReturnValue
  Markup empty(String tag, String... attributes) {
    startTag(tag, attributes);
    out.append("/>");
    return this;
  }

  /** Writes text. */
  @CanIgnoreReturnValue
  Markup text(String text) {
    out.append(escaped(text));
    return this;
  }

  /** Writes a line break, for readers of the source. */
  @CanIgnoreReturnValue
  Markup line() {
    out.append('\n');
    return this;
  }

  /** Returns the finished page. */
  String finish() {
    checkState(open.isEmpty(), "elements %s are still open", open);
    return "<!DOCTYPE html>\n" + out + "\n";
  }

  /** Returns a coordinate with at most one decimal: enough for a tenth of a pixel. */
  static String at(double coordinate) {
    String text = String.format(Locale.ROOT, "%.1f", coordinate);
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }

  private void startTag(String tag, String... attributes) {
    checkArgument(attributes.length % 2 == 0, "attributes must be names and values by turns");
    out.append('<').append(tag);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ').append(attributes[i]).append("=\"");
      out.append(escaped(attributes[i + 1])).append('"');
    }
  }

  private static String escaped(String text) {
    return PlainText.printable(text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
