package org.nemotron.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import org.nemotron.core.text.Tokenizer;

final class TextStreamProperties {
  private static final int BYTE_LEVEL_VOCABULARY = 8192;
  private static final int BYTE_TOKENS = 3;
  private static final int FALLBACK_VOCABULARY = 271;

  /** Where the byte-level vocabulary has its 256 single bytes, behind three special tokens. */
  private static final int SINGLE_BYTES = 259;

  private static final Tokenizer BYTE_LEVEL = open("../examples/models/tale-7m");
  private static final Tokenizer BYTE_FALLBACK =
      open("src/test/resources/tokenizers/byte-fallback");

  @AfterContainer
  static void closeTokenizers() {
    BYTE_LEVEL.close();
    BYTE_FALLBACK.close();
  }

  /** Any tokens at all, half of them single bytes: mostly not UTF-8. */
  @Provide
  Arbitrary<List<Integer>> byteLevelTokens() {
    return Arbitraries.oneOf(
            Arbitraries.integers().between(0, BYTE_LEVEL_VOCABULARY - 1),
            Arbitraries.integers().between(0, SINGLE_BYTES - 1))
        .list()
        .ofMaxSize(80);
  }

  /** Words, special tokens, and characters spelled in bytes. */
  @Provide
  Arbitrary<List<Integer>> fallbackTokens() {
    Arbitrary<List<Integer>> words =
        Arbitraries.oneOf(
                Arbitraries.integers().between(0, BYTE_TOKENS - 1),
                Arbitraries.integers().between(BYTE_TOKENS + 256, FALLBACK_VOCABULARY - 1))
            .map(List::of);
    Arbitrary<List<Integer>> spelled =
        Arbitraries.of("x", "é", "日", "😀", " ").map(TextStreamProperties::bytes);
    return Arbitraries.oneOf(words, spelled)
        .list()
        .ofMaxSize(40)
        .map(parts -> parts.stream().flatMap(List::stream).toList());
  }

  @Property
  void byteLevelPiecesJoinToTheWholeText(@ForAll("byteLevelTokens") List<Integer> tokens) {
    ImmutableIntArray ids = ImmutableIntArray.copyOf(tokens);
    assertThat(stream(TextStream.of(BYTE_LEVEL), ids)).isEqualTo(BYTE_LEVEL.decodeText(ids));
    assertThat(stream(TextStream.withSpecialTokens(BYTE_LEVEL), ids))
        .isEqualTo(BYTE_LEVEL.decode(ids));
  }

  @Property
  void byteFallbackPiecesJoinToTheWholeText(@ForAll("fallbackTokens") List<Integer> tokens) {
    ImmutableIntArray ids = ImmutableIntArray.copyOf(tokens);
    assertThat(stream(TextStream.of(BYTE_FALLBACK), ids)).isEqualTo(BYTE_FALLBACK.decodeText(ids));
    assertThat(stream(TextStream.withSpecialTokens(BYTE_FALLBACK), ids))
        .isEqualTo(BYTE_FALLBACK.decode(ids));
  }

  /** Text shown before the end has whole characters only: no replacement that the text has not. */
  @Property
  void encodedTextNeverShowsPartsOfCharacters(
      @ForAll("texts") String text, @ForAll boolean fallback) {
    Tokenizer tokenizer = fallback ? BYTE_FALLBACK : BYTE_LEVEL;
    TextStream stream = TextStream.of(tokenizer);
    StringBuilder shown = new StringBuilder();
    tokenizer
        .encode(text)
        .forEach(
            token -> {
              shown.append(stream.push(token));
              assertThat(text).startsWith(shown);
            });
    assertThat(stream.finish()).isEmpty();
    assertThat(shown).hasToString(text);
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of("a", "b", " ", "é", "日", "😀", "x", "\n")
        .list()
        .ofMaxSize(30)
        .map(parts -> String.join("", parts));
  }

  private static List<Integer> bytes(String character) {
    byte[] bytes = character.getBytes(StandardCharsets.UTF_8);
    Integer[] tokens = new Integer[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      tokens[i] = BYTE_TOKENS + (bytes[i] & 0xFF);
    }
    return List.of(tokens);
  }

  private static String stream(TextStream stream, ImmutableIntArray ids) {
    StringBuilder text = new StringBuilder();
    ids.forEach(token -> text.append(stream.push(token)));
    return text.append(stream.finish()).toString();
  }

  private static Tokenizer open(String directory) {
    try {
      return Tokenizer.open(Path.of(directory));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
