package org.nemotron.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.nemotron.core.text.Tokenizer;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TextStreamTest {
  private static final int FIRST_BYTE = 3;

  private Tokenizer fallback;
  private Tokenizer byteLevel;

  @BeforeAll
  void openTokenizers() throws IOException {
    fallback = Tokenizer.open(Path.of("src/test/resources/tokenizers/byte-fallback"));
    byteLevel = Tokenizer.open(Path.of("../examples/models/tale-7m"));
  }

  @AfterAll
  void closeTokenizers() {
    fallback.close();
    byteLevel.close();
  }

  @Test
  void push_characterInFourBytes_comesWithTheLast() {
    TextStream stream = TextStream.of(fallback);
    assertThat(stream.push(FIRST_BYTE + 0xF0)).isEmpty();
    assertThat(stream.push(FIRST_BYTE + 0x9F)).isEmpty();
    assertThat(stream.push(FIRST_BYTE + 0x98)).isEmpty();
    assertThat(stream.push(FIRST_BYTE + 0x80)).isEqualTo("😀");
  }

  @Test
  void push_wordsOfSentencePiece_keepTheirSpacesButTheFirst() {
    TextStream stream = TextStream.of(fallback);
    ImmutableIntArray ids = fallback.encode("ab a b");
    assertThat(ids.stream().mapToObj(stream::push)).containsExactly("ab", " a", " b");
  }

  @Test
  void finish_incompleteCharacter_isReplaced() {
    TextStream stream = TextStream.of(byteLevel);
    ImmutableIntArray ids = byteLevel.encode("a😀");
    assertThat(ids.subArray(0, ids.length() - 1).stream().mapToObj(stream::push))
        .containsExactly("a", "", "", "");
    assertThat(stream.finish()).isEqualTo("\uFFFD");
  }

  /** A whole decode would replace the character that was shown before the wrong byte came. */
  @Test
  void push_wrongByteAfterACharacter_keepsTheCharacter() {
    TextStream stream = TextStream.of(fallback);
    StringBuilder text = new StringBuilder();
    for (int value : new int[] {0xE6, 0x97, 0xA5, 0xE6}) {
      text.append(stream.push(FIRST_BYTE + value));
    }
    assertThat(text + stream.finish()).isEqualTo("日\uFFFD");
  }

  @Test
  void push_specialTokens_areShownOnlyOnDemand() {
    TextStream hiding = TextStream.of(fallback);
    assertThat(hiding.push(1) + hiding.push(263) + hiding.push(2)).isEqualTo("!");
    TextStream showing = TextStream.withSpecialTokens(fallback);
    assertThat(showing.push(1) + showing.push(263) + showing.push(2)).isEqualTo("<s>!</s>");
  }

  /** Continuation bytes alone: never a character, and never a window that grows without end. */
  @Test
  void push_manyWrongBytes_areReplacedAsTheyCome() {
    TextStream stream = TextStream.of(fallback);
    assertThat(stream.push(fallback.encode("ab").get(0))).isEqualTo("ab");
    int shown = 0;
    for (int i = 1; i <= 2000; i++) {
      shown += stream.push(FIRST_BYTE + 0x80).length();
      assertThat(i - shown).isBetween(0, 3);
    }
    assertThat(stream.finish()).matches("\uFFFD{0,3}");
  }

  @Test
  void push_manySpecialTokens_showNothing() {
    TextStream stream = TextStream.of(fallback);
    for (int i = 0; i < 2000; i++) {
      assertThat(stream.push(2)).isEmpty();
    }
    assertThat(stream.push(fallback.encode("ab").get(0))).isEqualTo("ab");
  }
}
