package org.nemotron.core.text;

import static com.google.common.base.Preconditions.checkNotNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.GenerationMode;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

final class TextPiecesProperties {
  private static final Map<TokenizerKinds, Tokenizer> TOKENIZERS =
      new EnumMap<>(TokenizerKinds.class);

  @BeforeContainer
  static void openTokenizers() throws IOException {
    Path directory = Files.createTempDirectory("tokenizers");
    for (TokenizerKinds kind : TokenizerKinds.values()) {
      TOKENIZERS.put(kind, kind.open(directory));
    }
    MoreFiles.deleteRecursively(directory, RecursiveDeleteOption.ALLOW_INSECURE);
  }

  private static Tokenizer opened(TokenizerKinds kind) {
    return checkNotNull(TOKENIZERS.get(kind), "%s", kind);
  }

  @AfterContainer
  static void closeTokenizers() {
    TOKENIZERS.values().forEach(Tokenizer::close);
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of(
            "a",
            "the",
            "unlikely",
            "B",
            " ",
            "  ",
            "    ",
            ". ",
            ",",
            "\n",
            "\n\n",
            "\t",
            "'s",
            "12",
            "2026",
            "--",
            "\u2014",
            "\uD83D\uDE00",
            "\u00E9",
            "e\u0301",
            "\u65E5\u672C\u8A9E",
            "\u3002",
            "<s>",
            "</s>",
            "<pad",
            ">",
            "=====",
            "\u00A0",
            "\u2581")
        .list()
        .ofMinSize(10)
        .ofMaxSize(400)
        .map(characters -> String.join("", characters));
  }

  private static ImmutableIntArray joined(String text, int maxChars, Tokenizer tokenizer) {
    ImmutableIntArray.Builder joined = ImmutableIntArray.builder();
    TextPieces.encode(text, maxChars, tokenizer::encode).forEach(joined::addAll);
    return joined.build();
  }

  @Property(tries = 400, edgeCases = EdgeCasesMode.NONE)
  void piecesHaveTheTokensOfTheWhole(
      @ForAll TokenizerKinds kind,
      @ForAll("texts") String text,
      @ForAll @IntRange(min = 20, max = 200) int maxChars) {
    Tokenizer tokenizer = opened(kind);
    assertThat(joined(text, maxChars, tokenizer)).isEqualTo(tokenizer.encode(text));
  }

  @Property(tries = 400, edgeCases = EdgeCasesMode.NONE)
  void watchedPiecesHaveTheTokensOfTheWhole(
      @ForAll TokenizerKinds kind,
      @ForAll("texts") String text,
      @ForAll @IntRange(min = 20, max = 200) int maxChars) {
    Tokenizer tokenizer = opened(kind);
    assertThat(TextPieces.encodeWhile(text, maxChars, tokenizer::encode, tokens -> true))
        .contains(tokenizer.encode(text));
  }

  @Property(tries = 400, edgeCases = EdgeCasesMode.NONE)
  void textsHaveTheirLeastTokens(@ForAll TokenizerKinds kind, @ForAll("texts") String text) {
    Tokenizer tokenizer = opened(kind);
    assertThat(tokenizer.leastTokens(text)).isLessThanOrEqualTo(tokenizer.encode(text).length());
  }

  /** White space is what tokenizers join most. */
  @Example
  void leastTokensAreKnownWhereNothingIsLeftOutOnly() {
    String text = " ".repeat(1000) + "\n".repeat(1000) + "=".repeat(1000) + "<s>".repeat(300);
    EnumSet<TokenizerKinds> known = EnumSet.noneOf(TokenizerKinds.class);
    for (TokenizerKinds kind : TokenizerKinds.values()) {
      int least = opened(kind).leastTokens(text);
      assertThat(least).as(kind.name()).isBetween(0, opened(kind).encode(text).length());
      if (least > 0) {
        known.add(kind);
      }
    }
    assertThat(known)
        .contains(TokenizerKinds.BYTE_LEVEL, TokenizerKinds.LLAMA_3)
        .doesNotContain(TokenizerKinds.STRIPPED, TokenizerKinds.WORD_PIECE, TokenizerKinds.UNIGRAM);
  }

  @Example
  void watchedTextEndsWithTheFirstPieceThatIsTooMuch() {
    String text = PROSE.repeat(20);
    Tokenizer tokenizer = opened(TokenizerKinds.BYTE_LEVEL);
    List<Integer> counts = new ArrayList<>();
    List<String> encoded = new ArrayList<>();
    assertThat(
            TextPieces.encodeWhile(
                text,
                100,
                piece -> {
                  encoded.add(piece);
                  return tokenizer.encode(piece);
                },
                tokens -> {
                  counts.add(tokens);
                  return tokens <= 50;
                }))
        .isEmpty();
    assertThat(counts).isSorted().hasSizeBetween(2, 4);
    assertThat(encoded.stream().mapToInt(String::length).max().orElseThrow())
        .isLessThan(text.length());
  }

  private static final String PROSE =
      """
      "Well," said the old man -- he was 85 years old --  "it isn't far."

      They walked on, and on; nobody spoke until the sun   had gone down.
      """;

  @Property(tries = 8, generation = GenerationMode.EXHAUSTIVE)
  void piecesOfProseAreManyAndHaveTheTokensOfTheWhole(@ForAll TokenizerKinds kind) {
    String text = PROSE.repeat(20);
    Tokenizer tokenizer = opened(kind);
    for (int maxChars = 40; maxChars < 120; maxChars += 7) {
      ImmutableList<ImmutableIntArray> pieces =
          TextPieces.encode(text, maxChars, tokenizer::encode);
      assertThat(pieces).hasSizeGreaterThan(text.length() / maxChars / 2);
      assertThat(joined(text, maxChars, tokenizer)).isEqualTo(tokenizer.encode(text));
    }
  }

  /** Scripts without spaces are cut at punctuation. */
  @Example
  void piecesOfChineseAreSeveralAndHaveTheTokensOfTheWhole() {
    String text =
        "\u4ECE\u524D\u6709\u4E00\u5EA7\u78E8\u574A\uFF0C\u6CB3\u6C34\u6D41\u8FC7\u3002".repeat(60);
    Tokenizer tokenizer = opened(TokenizerKinds.BYTE_LEVEL);
    assertThat(TextPieces.encode(text, 100, tokenizer::encode)).hasSizeGreaterThan(5);
    assertThat(joined(text, 100, tokenizer)).isEqualTo(tokenizer.encode(text));
  }

  /** Where no place is found, the text is tokenized as a whole. */
  @Example
  void textWithoutAPlaceToCutIsOnePiece() {
    String text = "a".repeat(3000);
    Tokenizer tokenizer = opened(TokenizerKinds.BYTE_LEVEL);
    assertThat(TextPieces.encode(text, 100, tokenizer::encode))
        .containsExactly(tokenizer.encode(text));
  }

  /** A token that reaches further than is looked: the whole is tokenized after all. */
  @Example
  void tokenizerThatLooksFarAheadGetsTheWhole() {
    String text = PROSE.repeat(20);
    assertThat(TextPieces.encode(text, 100, some -> ImmutableIntArray.of(some.length())))
        .containsExactly(ImmutableIntArray.of(text.length()));
  }
}
