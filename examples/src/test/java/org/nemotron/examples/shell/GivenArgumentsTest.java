package org.nemotron.examples.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class GivenArgumentsTest {
  private static final String ASCII = "ANSI_X3.4-1968";
  private static final ImmutableList<String> GIVEN =
      ImmutableList.of("generate", "dir", "", "caf\u00E9 \u2013 \uD83D\uDE42?");

  private static byte[] line(Charset charset, List<String> words) {
    return (String.join("\0", words) + "\0").getBytes(charset);
  }

  /** Returns what Java makes of words in a locale that has one byte a letter. */
  private static ImmutableList<String> decoded(Charset given, Charset locale) {
    return GIVEN.stream()
        .map(word -> new String(word.getBytes(given), locale))
        .collect(ImmutableList.toImmutableList());
  }

  @Test
  void of_utf8InALocaleWithoutLetters_isAsGiven() {
    byte[] line =
        line(
            StandardCharsets.UTF_8,
            List.of("java", "-jar", "a.jar", "generate", "dir", "", GIVEN.get(3)));
    assertThat(
            GivenArguments.of(
                decoded(StandardCharsets.UTF_8, StandardCharsets.US_ASCII), line, ASCII))
        .isEqualTo(GIVEN);
    assertThat(
            GivenArguments.of(
                decoded(StandardCharsets.UTF_8, StandardCharsets.ISO_8859_1), line, "ISO-8859-1"))
        .isEqualTo(GIVEN);
  }

  @Test
  void of_lettersOfTheLocale_areLeft() {
    List<String> given = List.of("caf\u00E9");
    byte[] line = line(StandardCharsets.ISO_8859_1, List.of("java", "Main", "caf\u00E9"));
    assertThat(GivenArguments.of(given, line, "ISO-8859-1")).isEqualTo(given);
  }

  @Test
  void of_otherLettersInALocaleWithoutAny_isRefused() {
    byte[] line = line(StandardCharsets.ISO_8859_1, List.of("java", "Main", "caf\u00E9"));
    assertThatThrownBy(() -> GivenArguments.of(List.of("caf?"), line, ASCII))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "argument caf? has letters beyond ASCII that are not UTF-8, and the locale has none"
                + " (ANSI_X3.4-1968).\nMaybe set LC_ALL to a locale of the terminal's encoding.");
  }

  /** As in a program that was started by another, with arguments of its own. */
  @Test
  void of_otherWords_areLeft() {
    List<String> given = List.of("caf?");
    assertThat(GivenArguments.of(given, line(StandardCharsets.UTF_8, List.of("java", "x")), ASCII))
        .isEqualTo(given);
    assertThat(GivenArguments.of(given, new byte[0], ASCII)).isEqualTo(given);
  }
}
