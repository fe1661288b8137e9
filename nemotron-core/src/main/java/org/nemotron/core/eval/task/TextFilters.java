package org.nemotron.core.eval.task;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.regex.Pattern;

/** What a template may do to a field before it stands in a prompt. */
final class TextFilters {
  private static final Pattern BRACKETS = Pattern.compile("\\[.*?\\]", Pattern.UNIX_LINES);
  private static final Pattern SENTENCE = Pattern.compile("[.!?][\"')\\]]*$");
  private static final ImmutableList<String> SENTENCE_ENDS =
      ImmutableList.of(". ", "! ", "? ", ": ");
  private static final String TO = "=>";

  private TextFilters() {}

  /**
   * Returns {@code text} after the filter {@code name}.
   *
   * @throws IllegalArgumentException if there is no such filter, or the text is not as it wants it
   */
  static String apply(String name, String argument, String text) {
    return switch (name) {
      case "strip" -> PythonText.SPACE.trimFrom(text);
      case "lstrip" -> PythonText.SPACE.trimLeadingFrom(text);
      case "rstrip" -> PythonText.SPACE.trimTrailingFrom(text);
      case "capitalize" -> PythonText.capitalized(text);
      case "small_first" -> PythonText.withSmallFirst(text);
      case "without_last" -> PythonText.withoutLast(text);
      case "without_prefix" -> text.startsWith(argument) ? text.substring(argument.length()) : text;
      case "before" -> text.substring(0, index(text, argument));
      case "after" -> text.substring(index(text, argument) + argument.length());
      case "without_last_word" -> text.substring(0, Math.max(0, text.lastIndexOf(' ')));
      case "last_word" -> text.substring(text.lastIndexOf(' ') + 1);
      case "after_last" -> afterLast(text, argument);
      case "ending" -> ending(text, argument);
      case "map" -> mapped(text, argument);
      case "wikihow" -> withoutMarks(text);
      case "wikitext" -> WikiText.plain(text);
      case "capitalize_fragment" -> withCapitalFragment(text);
      default -> throw new IllegalArgumentException("there is no filter \"" + name + "\"");
    };
  }

  private static int index(String text, String part) {
    int index = text.indexOf(part);
    if (index < 0) {
      throw new IllegalArgumentException("\"" + part + "\" must be in \"" + text + "\"");
    }
    return index;
  }

  private static String afterLast(String text, String part) {
    int index = text.lastIndexOf(part);
    return index < 0 ? text : text.substring(index + part.length());
  }

  /** Replaces an ending, given as {@code old=>new}; a text that ends otherwise stays. */
  private static String ending(String text, String argument) {
    int cut = argument.indexOf(TO);
    String old = argument.substring(0, cut);
    return text.endsWith(old)
        ? text.substring(0, text.length() - old.length()) + argument.substring(cut + TO.length())
        : text;
  }

  /** Replaces a whole text by another, given as {@code old=>new,old=>new}. */
  private static String mapped(String text, String argument) {
    for (String pair : Splitter.on(',').split(argument)) {
      List<String> sides = Splitter.on(TO).limit(2).splitToList(pair);
      if (sides.get(0).equals(text)) {
        return sides.get(1);
      }
    }
    throw new IllegalArgumentException("\"" + text + "\" must be one of " + argument);
  }

  /** Gives the words behind the last sentence their capital letter. */
  private static String withCapitalFragment(String text) {
    if (SENTENCE.matcher(text).find()) {
      return text;
    }
    int begin = 0;
    for (String end : SENTENCE_ENDS) {
      begin = Math.max(begin, text.lastIndexOf(end) + end.length());
    }
    String fragment = text.substring(begin);
    return fragment.isEmpty() || !Character.isLowerCase(fragment.codePointAt(0))
        ? text
        : text.substring(0, begin) + PythonText.capitalized(fragment);
  }

  /** Takes away what HellaSwag's texts have left over from web pages, as the harness does. */
  private static String withoutMarks(String text) {
    String plain = PythonText.SPACE.trimFrom(text).replace(" [title]", ". ");
    return BRACKETS.matcher(plain).replaceAll("").replace("  ", " ");
  }
}
