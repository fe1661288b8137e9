package org.nemotron.examples;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The HTML page of a run, whose charts can be taken out as SVG files that stand alone.
 *
 * <p>A chart keeps the page's colors: the light and dark palettes, and those rules of its style
 * sheet that name a class of the chart.
 *
 * @param html the whole page, as the report writes it
 */
record ReportPage(String html) {
  private static final Pattern STYLE = Pattern.compile("(?s)<style>(.*?)</style>");
  private static final Pattern DEFINITIONS = Pattern.compile("(?s)<defs>.*?</defs>");
  private static final Pattern PALETTE = Pattern.compile("(?s):root \\{.*?\\}");
  private static final Pattern CHART =
      Pattern.compile(
          "(?s)<svg (viewBox=\"0 0 (\\S+) (\\S+)\")[^>]*(aria-label=[^>]*)>(.*?)</svg>");
  private static final Pattern CLASSES = Pattern.compile("class=\"([^\"]*)\"");

  /** A rule outside of any other block: selector and properties. */
  private static final Pattern RULE =
      Pattern.compile("(?<=(?m:^)|\\} )([^@/{}\\s][^{}]*)\\{[^}]*\\}");

  private static final String FONT = "system-ui, Segoe UI, Roboto, Helvetica, Arial, sans-serif";

  /** Reads the page of a run. */
  static ReportPage read(Path file) throws IOException {
    return new ReportPage(Files.readString(file));
  }

  /**
   * Returns the charts of one section in the order of the page, each as the text of an SVG file.
   *
   * @param section the section's id, such as {@code frontier}
   */
  ImmutableList<String> charts(String section) {
    Matcher found =
        Pattern.compile("(?s)<section id=\"" + section + "\">.*?</section>").matcher(html);
    checkArgument(found.find(), "the page must have a section %s", section);
    ImmutableList<String> charts =
        CHART
            .matcher(found.group())
            .results()
            .map(this::standalone)
            .collect(ImmutableList.toImmutableList());
    checkArgument(!charts.isEmpty(), "section %s of the page must have a chart", section);
    return charts;
  }

  private String standalone(MatchResult chart) {
    boolean hatched = chart.group(5).contains("hatch");
    String content = (hatched ? first(DEFINITIONS) : "") + chart.group(5);
    return """
    <svg xmlns="http://www.w3.org/2000/svg" %s width="%s" height="%s" role="img" %s>
    <style>
    %s
    </style>
    %s
    </svg>
    """
        .formatted(
            chart.group(1),
            chart.group(2),
            chart.group(3),
            chart.group(4),
            style(content),
            content);
  }

  private String style(String content) {
    String sheet = first(STYLE);
    ImmutableList<String> palettes =
        PALETTE
            .matcher(sheet)
            .results()
            .map(MatchResult::group)
            .collect(ImmutableList.toImmutableList());
    checkArgument(palettes.size() >= 2, "the style sheet must have a light and a dark palette");
    ImmutableSet<String> classes = classes(content);
    String rules =
        RULE.matcher(sheet)
            .results()
            .filter(rule -> applies(rule.group(1), classes))
            .map(MatchResult::group)
            .collect(Collectors.joining("\n"));
    return palettes.get(0)
        + "\n@media (prefers-color-scheme: dark) {\n"
        + palettes.get(1)
        + "\n}\nsvg { background: var(--card); font-family: "
        + FONT
        + "; }\n"
        + rules;
  }

  private static ImmutableSet<String> classes(String content) {
    return CLASSES
        .matcher(content)
        .results()
        .flatMap(names -> Arrays.stream(names.group(1).split(" ")))
        .collect(ImmutableSet.toImmutableSet());
  }

  private static boolean applies(String selector, ImmutableSet<String> classes) {
    return selector.startsWith("svg text")
        || Arrays.stream(selector.split("[ ,+]+"))
            .filter(part -> part.startsWith("."))
            .anyMatch(part -> classes.containsAll(Splitter.on('.').splitToList(part.substring(1))));
  }

  private String first(Pattern pattern) {
    Matcher found = pattern.matcher(html);
    checkArgument(found.find(), "the page must have %s", pattern);
    return found.group(found.groupCount());
  }
}
