package org.nemotron.core.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

final class TextPiecesProperties {
  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of("a", "b", " ", ".", "\n", "😀", "é")
        .list()
        .ofMaxSize(60)
        .map(characters -> String.join("", characters));
  }

  @Property
  void piecesAreShortAndJoinToTheText(
      @ForAll("texts") String text, @ForAll @IntRange(min = 2, max = 20) int maxChars) {
    assertThat(TextPieces.of(text, maxChars)).allMatch(piece -> piece.length() <= maxChars);
    assertThat(String.join("", TextPieces.of(text, maxChars))).isEqualTo(text);
  }

  @Property
  void piecesNeverSplitACharacter(
      @ForAll("texts") String text, @ForAll @IntRange(min = 2, max = 20) int maxChars) {
    assertThat(TextPieces.of(text, maxChars))
        .allMatch(piece -> piece.isEmpty() || !Character.isLowSurrogate(piece.charAt(0)));
  }

  @Example
  void piecesOfProseHaveTheTokensOfTheWhole() throws IOException {
    String prose =
        """
        "Well," said the old man -- he was 85 years old --  "it isn't far."

        They walked on, and on; nobody spoke until the sun   had gone down.
        """;
    String text = prose.repeat(20);
    try (Tokenizer tokenizer = Tokenizer.open(Path.of("../examples/models/tale-7m"))) {
      for (int maxChars = 40; maxChars < 120; maxChars += 7) {
        ImmutableIntArray.Builder joined = ImmutableIntArray.builder();
        for (String piece : TextPieces.of(text, maxChars)) {
          joined.addAll(tokenizer.encode(piece));
        }
        assertThat(joined.build()).isEqualTo(tokenizer.encode(text));
      }
    }
  }
}
