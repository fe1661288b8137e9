package org.nemotron.core.checkpoint;

import com.fasterxml.jackson.databind.node.TextNode;
import com.google.common.collect.ImmutableMap;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The head of a model card: the lines of YAML between two lines of dashes. */
final class ModelCardHead {
  private static final String DASHES = "---";

  /** What a model made of another has in common with it, where it stands on one line. */
  private static final Pattern TERM =
      Pattern.compile("(license|license_name|license_link|language): *([^\\s>|&*!{][^\\r\\n]*)");

  /** Texts that YAML takes for nothing but texts. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z][A-Za-z0-9._/-]*");

  /** No head is longer; a file of any other kind is not read through. */
  private static final int MAX_LINES = 500;

  private ModelCardHead() {}

  /** Returns license and languages as the card in {@code file} has them; none without a card. */
  static ImmutableMap<String, String> terms(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return ImmutableMap.of();
    }
    Map<String, String> terms = new LinkedHashMap<>();
    // Unlike Files.newBufferedReader, this one replaces what is not UTF-8.
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8))) {
      String line = lines.readLine();
      if (line == null || !line.strip().equals(DASHES)) {
        return ImmutableMap.of();
      }
      line = lines.readLine();
      for (int left = MAX_LINES; left > 0 && line != null && !line.strip().equals(DASHES); left--) {
        Matcher term = TERM.matcher(line);
        if (term.matches()) {
          terms.putIfAbsent(term.group(1), term.group(2).strip());
        }
        line = lines.readLine();
      }
    }
    return ImmutableMap.copyOf(terms);
  }

  /** Returns the head of {@code card}, both lines of dashes included. */
  static String toYaml(ModelCard card) {
    StringBuilder yaml = new StringBuilder();
    yaml.append(DASHES).append('\n');
    card.parentTerms().forEach((key, value) -> line(yaml, key, value));
    line(yaml, "base_model", text(card.parent()));
    line(yaml, "pipeline_tag", "text-generation");
    line(yaml, "tags", "[nemotron, puzzle, neural-architecture-search]");
    return yaml.append(DASHES).append("\n\n").toString();
  }

  private static void line(StringBuilder yaml, String key, String value) {
    yaml.append(key).append(": ").append(value).append('\n');
  }

  /** A text of JSON is one of YAML too. */
  private static String text(String value) {
    return PLAIN.matcher(value).matches() ? value : new TextNode(value).toString();
  }
}
