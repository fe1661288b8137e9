package org.nemotron.examples.guide;

import static com.google.common.collect.ImmutableList.toImmutableList;
import static com.google.common.collect.ImmutableSet.toImmutableSet;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** That links of the documents lead somewhere, and that their prose is wrapped. */
final class DocumentsTest {
  private static final Path ROOT = Path.of("..");

  /** A little above the 120 of the style, for a word that would stand alone. */
  private static final int LONGEST_LINE = 122;

  private static final Pattern LINK =
      Pattern.compile("\\]\\((?!https?:)([^)#\\s]*)(?:#([^)]+))?\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");
  private static final Pattern CODE = Pattern.compile("(?ms)^```.*?^```$");

  @ParameterizedTest
  @MethodSource("documents")
  void links_ofADocument_leadToFilesAndHeadings(Path document) throws IOException {
    ImmutableList.Builder<String> broken = ImmutableList.builder();
    for (MatchResult link : LINK.matcher(prose(document)).results().toList()) {
      if (!leadsSomewhere(document, link)) {
        broken.add(link.group());
      }
    }
    assertThat(broken.build()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("documents")
  void lines_ofProse_areWrapped(Path document) throws IOException {
    assertThat(prose(document).lines())
        .filteredOn(line -> !line.startsWith("|") && !line.startsWith("    "))
        .filteredOn(line -> line.length() > LONGEST_LINE)
        .isEmpty();
  }

  private static boolean leadsSomewhere(Path document, MatchResult link) throws IOException {
    Path target =
        link.group(1).isEmpty() ? document : document.resolveSibling(link.group(1)).normalize();
    return Files.exists(target)
        && (link.group(2) == null || anchors(target).contains(link.group(2)));
  }

  /** Returns the anchors that hosting sites make of headings. */
  private static ImmutableSet<String> anchors(Path document) throws IOException {
    return HEADING
        .matcher(prose(document))
        .results()
        .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\w -]", "").replace(' ', '-'))
        .collect(toImmutableSet());
  }

  private static String prose(Path document) throws IOException {
    return CODE.matcher(Files.readString(document)).replaceAll("");
  }

  static ImmutableList<Path> documents() throws IOException {
    ImmutableList.Builder<Path> documents = ImmutableList.builder();
    for (String folder : ImmutableList.of("", "docs", "examples/consumers", "examples/data")) {
      try (Stream<Path> files = Files.list(ROOT.resolve(folder))) {
        documents.addAll(
            files
                .filter(file -> file.toString().endsWith(".md"))
                .sorted()
                .collect(toImmutableList()));
      }
    }
    return documents.build();
  }
}
