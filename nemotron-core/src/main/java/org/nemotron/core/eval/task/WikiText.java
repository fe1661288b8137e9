package org.nemotron.core.eval.task;

import com.google.common.collect.ImmutableList;
import java.util.regex.Pattern;

/**
 * WikiText's pages, whose words and marks stand apart, as the text that they were made of; to the
 * character as lm-evaluation-harness has it, oddities included.
 */
final class WikiText {
  /** What Python's regular expressions take for white space. */
  private static final String SPACES =
      "[\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*";

  /** In the order in which they are applied; literal unless they are patterns. */
  private static final ImmutableList<Step> STEPS =
      ImmutableList.of(
          literal("s '", "s'"),
          new Step(Pattern.compile("/' [0-9]/"), "/'[0-9]/"),
          literal(" @-@ ", "-"),
          literal(" @,@ ", ","),
          literal(" @.@ ", "."),
          literal(" : ", ": "),
          literal(" ; ", "; "),
          literal(" . ", ". "),
          literal(" ! ", "! "),
          literal(" ? ", "? "),
          literal(" , ", ", "),
          within("\\(", "[^\\)]", "\\)", "($1)"),
          within("\\[", "[^\\]]", "\\]", "[$1]"),
          within("\\{", "[^}]", "\\}", "{$1}"),
          within("\"", "[^\"]", "\"", "\"$1\""),
          within("'", "[^']", "'", "'$1'"),
          literal("= = = =", "===="),
          literal("= = =", "==="),
          literal("= =", "=="),
          literal(" ° ", "°"),
          literal(" \n", "\n"),
          literal("\n ", "\n"),
          literal(" N ", " 1 "),
          literal(" 's", "'s"));

  private WikiText() {}

  private record Step(Pattern pattern, String replacement) {}

  private static Step literal(String text, String replacement) {
    return new Step(Pattern.compile(text, Pattern.LITERAL), replacement);
  }

  /** Takes away the white space behind an opening mark and before its closing one. */
  private static Step within(String opening, String inner, String closing, String replacement) {
    return new Step(
        Pattern.compile(opening + SPACES + "(" + inner + "*?)" + SPACES + closing), replacement);
  }

  /** Returns {@code page} as plain text. */
  static String plain(String page) {
    String text = page;
    for (Step step : STEPS) {
      text = step.pattern().matcher(text).replaceAll(step.replacement());
    }
    return text;
  }
}
