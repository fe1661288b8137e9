package org.nemotron.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.Bytes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TextFilesTest {
  private Path text;
  private Path compressed;

  @BeforeEach
  void nameFiles(@TempDir Path directory) {
    text = directory.resolve("a.txt");
    compressed = directory.resolve("a.txt.gz");
  }

  @Test
  void documents_separatedByALine_areSplitAndTrimmed() throws IOException {
    Files.writeString(
        text, "One.\nStill one.\n<|endoftext|>\nTwo.\r\n<|endoftext|>\r\n\nThree.\n\n");
    assertThat(TextFiles.documents(text)).containsExactly("One.\nStill one.", "Two.", "Three.");
  }

  @Test
  void documents_noSeparator_areOneDocument() throws IOException {
    Files.writeString(text, "A word <|endoftext|> inside a line is text.");
    assertThat(TextFiles.documents(text))
        .containsExactly("A word <|endoftext|> inside a line is text.");
  }

  @Test
  void documents_emptyOnes_areDropped() throws IOException {
    Files.writeString(text, "<|endoftext|>\n<|endoftext|>\n One \n<|endoftext|>\n  \n");
    assertThat(TextFiles.documents(text)).containsExactly("One");
  }

  @Test
  void documents_compressed_areTheSame() throws IOException {
    writeCompressed("One.\n<|endoftext|>\nTwo.");
    assertThat(TextFiles.documents(compressed)).containsExactly("One.", "Two.");
  }

  @Test
  void documents_limitInsideALine_endsWithTheLineBefore() throws IOException {
    writeCompressed("Line one.\nLine two.\nLine three.\n");
    assertThat(TextFiles.documents(compressed, 25)).containsExactly("Line one.\nLine two.");
  }

  @Test
  void documents_limitInsideACharacter_endsBeforeIt() throws IOException {
    Files.writeString(text, "añb");
    assertThat(TextFiles.documents(text, 2)).containsExactly("a");
    assertThat(TextFiles.documents(text, 3)).containsExactly("añ");
    assertThat(TextFiles.documents(text, 4)).containsExactly("añb");
  }

  @Test
  void documents_missingFile_isNamed() {
    assertRefused(text, text + " is missing");
  }

  @Test
  void documents_noText_isRefused() throws IOException {
    Files.writeString(text, " \n\n<|endoftext|>\n ");
    assertRefused(text, text + " holds no text in its first 18 bytes.\nMaybe it is another file.");
  }

  @Test
  void documents_notUtf8_isRefusedWithThePlace() throws IOException {
    byte[] good = "é".repeat(70_000).getBytes(StandardCharsets.UTF_8);
    Files.write(text, Bytes.concat(good, new byte[] {'a', (byte) 0xE9, 'b'}));
    assertRefused(
        text,
        text
            + " is not valid UTF-8 at byte 140001.\n"
            + "Maybe it is compressed, or written in another encoding: convert it to UTF-8.");
  }

  @Test
  void documents_truncatedGzip_isRefused() throws IOException {
    writeCompressed("One. Two. Three. Four. Five.");
    byte[] bytes = Files.readAllBytes(compressed);
    Files.write(compressed, Arrays.copyOf(bytes, bytes.length - 12));
    assertRefused(
        compressed,
        compressed
            + " is not a whole gzip file (Unexpected end of ZLIB input stream).\n"
            + "Maybe it was not copied or downloaded whole.");
  }

  @Test
  void documents_notGzip_isRefused() throws IOException {
    Files.writeString(compressed, "plain text");
    assertRefused(
        compressed,
        compressed
            + " is not a whole gzip file (Not in GZIP format).\n"
            + "Maybe it was not copied or downloaded whole.");
  }

  private void writeCompressed(String content) throws IOException {
    try (OutputStream stream = new GZIPOutputStream(Files.newOutputStream(compressed))) {
      stream.write(content.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static void assertRefused(Path file, String sentence) {
    assertThatThrownBy(() -> TextFiles.documents(file))
        .isInstanceOf(IOException.class)
        .hasMessage(sentence);
  }
}
