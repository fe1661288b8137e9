package org.nemotron.core.eval.task;

import com.google.common.collect.ImmutableList;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * How the answer is found in what a model wrote, and compared with the right one.
 *
 * @param filters each finds an answer of its own; empty where all that was written is the answer
 * @param ignoreCase whether capitals do not matter
 * @param ignored patterns of text that does not matter, taken away one after another
 */
record AnswerSpec(
    ImmutableList<Filter> filters, boolean ignoreCase, ImmutableList<Pattern> ignored) {
  /** What stands for an answer that no filter finds. */
  static final String INVALID = "[invalid]";

  /**
   * Finds an answer.
   *
   * @param name what the metric is marked with
   * @param pattern the answer is its first group that is not empty, or all of it
   * @param last whether the last place counts instead of the first
   */
  record Filter(String name, Pattern pattern, boolean last) {
    /** Returns the answer in {@code text}, or {@link #INVALID}. */
    String find(String text) {
      Matcher matcher = pattern.matcher(text);
      String found = INVALID;
      while (matcher.find()) {
        found = PythonText.SPACE.trimFrom(group(matcher));
        if (!last) {
          break;
        }
      }
      return found;
    }

    private static String group(Matcher matcher) {
      if (matcher.groupCount() < 2) {
        return matcher.group(matcher.groupCount());
      }
      for (int i = 1; i <= matcher.groupCount(); i++) {
        if (matcher.group(i) != null && !matcher.group(i).isEmpty()) {
          return matcher.group(i);
        }
      }
      return INVALID;
    }
  }

  static AnswerSpec parse(ImmutableList<JsonFields> filters, JsonFields match) {
    AnswerSpec spec =
        new AnswerSpec(
            filters.stream().map(AnswerSpec::filter).collect(ImmutableList.toImmutableList()),
            match.flag("ignoreCase"),
            match.texts("ignore").stream()
                .map(source -> pattern(match, source))
                .collect(ImmutableList.toImmutableList()));
    match.checkAllKnown();
    return spec;
  }

  private static Filter filter(JsonFields json) {
    String take = json.text("take", "first");
    if (!take.equals("first") && !take.equals("last")) {
      throw json.fault("take (" + take + ") must be first or last");
    }
    Filter filter =
        new Filter(json.text("name"), pattern(json, json.text("pattern")), take.equals("last"));
    json.checkAllKnown();
    return filter;
  }

  /** As in Python, only a line feed ends a line. */
  private static Pattern pattern(JsonFields json, String source) {
    try {
      return Pattern.compile(source, Pattern.UNIX_LINES);
    } catch (PatternSyntaxException e) {
      throw json.fault(
          "pattern " + source + " is not a regular expression (" + e.getDescription() + ")");
    }
  }

  /** Returns whether two answers are the same but for what does not matter. */
  boolean same(String answer, String right) {
    return plain(answer).equals(plain(right));
  }

  private String plain(String answer) {
    String text = answer;
    for (Pattern pattern : ignored) {
      text = pattern.matcher(text).replaceAll("");
    }
    return ignoreCase ? text.toLowerCase(Locale.ROOT) : text;
  }
}
