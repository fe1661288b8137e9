package org.nemotron.examples.guide;

import static com.google.common.base.Preconditions.checkState;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** That the guide's code is the code that {@link ApiGuideTest} runs. */
final class GuideTextTest {
  private static final Path GUIDE = Path.of("..", "docs", "apiguide.md");
  private static final Path SOURCE =
      Path.of("src/test/java/org/nemotron/examples/guide/ApiGuideTest.java");

  private static final Path README = Path.of("..", "README.md");
  private static final Path README_SOURCE =
      Path.of("src/test/java/org/nemotron/examples/guide/ReadmeProgram.java");

  private static final Pattern SHOWN =
      Pattern.compile("<!-- snippet: (\\w+) -->\n```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern RUN =
      Pattern.compile("// snippet: (\\w+)\n(.*?\n) *// end\n", Pattern.DOTALL);
  private static final Pattern BLOCK = Pattern.compile("```java\n");

  @Test
  void snippets_ofTheGuide_areThoseThatRun() throws IOException {
    assertThat(snippets(GUIDE, SHOWN)).isEqualTo(snippets(SOURCE, RUN));
  }

  @Test
  void snippet_ofTheReadme_isTheProgramThatCompiles() throws IOException {
    assertThat(snippets(README, SHOWN)).isEqualTo(snippets(README_SOURCE, RUN));
  }

  @Test
  void javaBlocks_ofTheGuide_areAllSnippets() throws IOException {
    assertThat(BLOCK.matcher(Files.readString(GUIDE)).results().count())
        .isEqualTo(snippets(GUIDE, SHOWN).size());
  }

  private static ImmutableMap<String, String> snippets(Path file, Pattern pattern)
      throws IOException {
    Matcher found = pattern.matcher(Files.readString(file));
    ImmutableMap.Builder<String, String> snippets = ImmutableMap.builder();
    while (found.find()) {
      snippets.put(found.group(1), found.group(2).stripTrailing().stripIndent());
    }
    ImmutableMap<String, String> all = snippets.buildOrThrow();
    checkState(!all.isEmpty(), "%s has no snippets", file);
    return all;
  }
}
