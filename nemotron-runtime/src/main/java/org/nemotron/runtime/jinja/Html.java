package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;

/** Texts escaped for HTML, as the package markupsafe does. */
final class Html {
  private Html() {}

  /** Returns the text escaped and marked as safe; a safe one as it is. */
  static Text escape(Text text) {
    return text.isSafe() ? text : Text.safe(escape(text.value()));
  }

  /** Returns the value with its texts escaped: itself, or the elements of a tuple. */
  static Value escapeIn(Value value) {
    if (value instanceof Text text) {
      return escape(text);
    }
    return value instanceof SequenceValue.TupleValue tuple
        ? tuple.like(
            tuple.elements().stream().map(Html::escapeIn).collect(ImmutableList.toImmutableList()))
        : value;
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace(">", "&gt;")
        .replace("<", "&lt;")
        .replace("'", "&#39;")
        .replace("\"", "&#34;");
  }

  /**
   * Returns the text without comments and tags, its white space collapsed, its references to
   * characters read.
   */
  static String stripTags(String text) {
    String plain = text;
    for (int begin = plain.indexOf("<!--"); begin >= 0; begin = plain.indexOf("<!--")) {
      int end = plain.indexOf("-->", begin);
      if (end < 0) {
        break;
      }
      plain = plain.substring(0, begin) + plain.substring(end + 3);
    }
    for (int begin = plain.indexOf('<'); begin >= 0; begin = plain.indexOf('<')) {
      int end = plain.indexOf('>', begin);
      if (end < 0) {
        break;
      }
      plain = plain.substring(0, begin) + plain.substring(end + 1);
    }
    return unescape(
        String.join(
            " ",
            TextSplits.split(
                plain, Signature.of("sep?", "maxsplit?").bind("split", Arguments.NONE))));
  }

  private static String unescape(String text) {
    String read =
        text.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&#34;", "\"")
            .replace("&quot;", "\"")
            .replace("&#39;", "'");
    int other = read.indexOf('&');
    while (other >= 0) {
      if (!read.startsWith("&amp;", other) && read.indexOf(';', other) > other) {
        throw JinjaException.unknown("a reference to a character in striptags");
      }
      other = read.indexOf('&', other + 1);
    }
    return read.replace("&amp;", "&");
  }
}
