package org.nemotron.runtime.chat;

import com.google.common.base.CharMatcher;

/**
 * Rewrites a Jinja template so that no white space is left to interpretation.
 *
 * <p>Jinja2, as transformers sets it up, drops the line break behind a block tag (trim_blocks), the
 * indentation before one (lstrip_blocks), and all white space on the side of a tag's minus sign.
 * Jinjava does this otherwise, so that it is done here, by Jinja2's rules; comments, and the
 * generation tags that only mark the assistant's tokens, are dropped. Expressions are written so
 * that Jinjava reads them as Jinja2 does: see {@link ExpressionText}.
 */
final class TemplateSource {
  private final String source;
  private final StringBuilder out = new StringBuilder();
  private int at = 0;

  /** What the last tag asks of the text behind it. */
  private After after = After.LINE_START;

  private enum After {
    KEEP,
    STRIP,
    LINE_START
  }

  private TemplateSource(String source) {
    this.source = source;
  }

  /**
   * Returns the rewritten template.
   *
   * @throws ChatTemplateException if a tag has no end
   */
  static String canonical(String template) {
    String lines = template.replace("\r\n", "\n").replace('\r', '\n');
    TemplateSource rewritten =
        new TemplateSource(lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines);
    rewritten.rewrite();
    return rewritten.out.toString();
  }

  private void rewrite() {
    while (at < source.length()) {
      int tag = nextTag();
      if (tag == source.length()) {
        appendText(source.substring(at));
        return;
      }
      char kind = source.charAt(tag + 1);
      char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
      appendText(before(source.substring(at, tag), kind, sign));
      at = tag + (sign == '-' || sign == '+' ? 3 : 2);
      switch (kind) {
        case '#' -> readComment();
        case '%' -> readBlock();
        default -> readExpression();
      }
    }
  }

  private int nextTag() {
    for (int i = at; i + 1 < source.length(); i++) {
      if (source.charAt(i) == '{' && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return source.length();
  }

  /** Returns what is left of the text before a tag. */
  private String before(String text, char kind, char sign) {
    if (sign == '-') {
      return CharMatcher.whitespace().trimTrailingFrom(text);
    }
    int line = text.lastIndexOf('\n') + 1;
    boolean fromLineStart = line > 0 || after == After.LINE_START;
    return kind != '{'
            && sign != '+'
            && fromLineStart
            && CharMatcher.whitespace().matchesAllOf(text.substring(line))
        ? text.substring(0, line)
        : text;
  }

  private void appendText(String text) {
    String kept = after == After.STRIP ? CharMatcher.whitespace().trimLeadingFrom(text) : text;
    if (kept.contains("{")) { // alone, or with what follows, Jinjava might take it for a tag
      out.append("{% raw %}").append(kept).append("{% endraw %}");
    } else {
      out.append(kept);
    }
  }

  private void readComment() {
    int end = source.indexOf("#}", at);
    if (end < 0) {
      throw unclosed("{#");
    }
    at = end;
    finish(source.charAt(end - 1), true);
  }

  private void readExpression() {
    ExpressionText expression = ExpressionText.read(source, at, "}}");
    at = expression.end();
    // Jinjava takes parentheses around a dictionary's commas for a tuple. A truth is not written
    // so.
    String value =
        expression.text().contains("{")
            ? expression.text()
            : "(" + expression.text() + ")|" + PythonText.NAME;
    out.append("{{ ").append(value).append(" }}");
    finish(expression.sign(), false);
  }

  private void readBlock() {
    ExpressionText block = ExpressionText.read(source, at, "%}");
    at = block.end();
    finish(block.sign(), true);
    switch (block.text()) {
      case "raw" -> readRaw();
      case "generation", "endgeneration" -> {} // marks the assistant's tokens for training
      default -> out.append("{% ").append(block.text()).append(" %}");
    }
  }

  private void readRaw() {
    int tag = source.indexOf("{%", at);
    while (tag >= 0) {
      char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
      int inside = tag + (sign == '-' || sign == '+' ? 3 : 2);
      int end = source.indexOf("%}", inside);
      if (end >= 0) {
        char endSign = source.charAt(end - 1);
        int textEnd = endSign == '-' || endSign == '+' ? end - 1 : end;
        if (inside <= textEnd && source.substring(inside, textEnd).trim().equals("endraw")) {
          appendText(before(source.substring(at, tag), '%', sign));
          at = end;
          finish(endSign, true);
          return;
        }
      }
      tag = source.indexOf("{%", tag + 2);
    }
    throw unclosed("{% raw %}");
  }

  /** Passes the two characters that end a tag, and the line break behind a block. */
  private void finish(char sign, boolean isBlock) {
    at += 2;
    after = sign == '-' ? After.STRIP : After.KEEP;
    if (isBlock && sign != '-' && sign != '+' && source.startsWith("\n", at)) {
      at++;
      after = After.LINE_START;
    }
  }

  private static ChatTemplateException unclosed(String tag) {
    return new ChatTemplateException("the chat template has a " + tag + " without an end");
  }
}
