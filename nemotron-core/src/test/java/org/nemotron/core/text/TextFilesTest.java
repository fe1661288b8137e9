package org.nemotron.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.primitives.Bytes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TextFilesTest {
  private static final Path FIELD = Path.of("src/test/resources/field");

  private Path directory;
  private Path text;
  private Path compressed;

  @BeforeEach
  void nameFiles(@TempDir Path temporary) {
    directory = temporary;
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
            + "Maybe it is written in another encoding: convert it to UTF-8.");
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
  void documents_plainTextNamedGz_isReadOnceRenamed() throws IOException {
    Files.writeString(compressed, "plain text");
    assertRefused(
        compressed,
        compressed
            + " is not compressed by gzip, as its name says.\n"
            + "Maybe it was decompressed on the way: rename it, without .gz.");
    Files.move(compressed, text);
    assertThat(TextFiles.documents(text)).containsExactly("plain text");
  }

  @Test
  void documents_gzipOfAnotherName_isDecompressed() throws IOException {
    writeCompressed("One.\n<|endoftext|>\nTwo.");
    Files.move(compressed, text);
    assertThat(TextFiles.documents(text)).containsExactly("One.", "Two.");
  }

  @Test
  void documents_byteOrderMarkFromTheField_isNoPartOfTheText() throws IOException {
    assertThat(TextFiles.documents(FIELD.resolve("bom-text/text.txt")))
        .containsExactly("Once there was a mill.", "And a river.");
  }

  /** Each file had a mark of its own. */
  @Test
  void documents_filesWithMarksPutTogether_haveNone() throws IOException {
    Files.writeString(
        text, "\uFEFFOne.\n\uFEFF<|endoftext|>\n\uFEFFTwo\uFEFFs.\n\uFEFF\n<|endoftext|>\n\uFEFF");
    assertThat(TextFiles.documents(text)).containsExactly("One.", "Two\uFEFFs.");
  }

  @Test
  void documents_carriageReturns_areReadAsPythonReadsThem() throws IOException {
    Files.writeString(text, "One.\r\n\r\nStill.\r\n<|endoftext|>\r\nTwo.\rStill.\r");
    assertThat(TextFiles.documents(text)).containsExactly("One.\n\nStill.", "Two.\nStill.");
  }

  @Test
  void documents_separatorWithBlanks_isOne() throws IOException {
    Files.writeString(text, "One.\n <|endoftext|>\t\nTwo.");
    assertThat(TextFiles.documents(text)).containsExactly("One.", "Two.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16BE", "UTF-16LE", "UTF-32BE", "UTF-32LE"})
  void documents_otherEncodingWithAMark_isReadOnceSavedAsUtf8(String charset) throws IOException {
    String mark = "\uFEFF";
    byte[] bytes = (mark + "One.\n").getBytes(Charset.forName(charset));
    Files.write(text, bytes);
    String begins =
        HexFormat.ofDelimiter(" ")
            .withUpperCase()
            .formatHex(bytes, 0, charset.startsWith("UTF-16") ? 2 : 4);
    assertRefused(
        text,
        text
            + " is "
            + charset.substring(0, 6)
            + " (it begins with the byte order mark "
            + begins
            + "); a text must be UTF-8.\nMaybe save it as UTF-8.");
    Files.writeString(text, new String(bytes, Charset.forName(charset)));
    assertThat(TextFiles.documents(text)).containsExactly("One.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16BE", "UTF-16LE", "UTF-32LE"})
  void documents_otherEncodingWithoutAMark_isRefused(String charset) throws IOException {
    Files.write(text, "Once upon a time.".getBytes(Charset.forName(charset)));
    assertRefused(
        text,
        text
            + " is UTF-16 or binary (every second byte is zero); a text must be UTF-8.\n"
            + "Maybe save it as UTF-8.");
  }

  @Test
  void documents_jsonLinesFromTheField_areReadOnceWrittenAsText() throws IOException {
    Path lines = FIELD.resolve("sdk-jsonl-as-text/data.jsonl");
    assertRefused(lines, lines + holdsJson(" (keys id, text)"));
    StringBuilder texts = new StringBuilder();
    for (String line : Files.readAllLines(lines)) {
      texts
          .append(new JsonMapper().readTree(line).path("text").asText())
          .append("\n<|endoftext|>\n");
    }
    Files.writeString(text, texts);
    assertThat(TextFiles.documents(text))
        .containsExactly("One day, a little girl named Amy found a jar.", "Tom had a dog.");
  }

  private static final String AS_PROSE = ", not text: it would be learned as if it were prose.\n";

  private static String holdsJson(String keys) {
    return " holds JSON"
        + keys
        + AS_PROSE
        + "Maybe give it as documents in place of a text (compress --data, inputs.documents of a"
        + " plan); or write its texts to a text file, with a line <|endoftext|> between documents.";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"text\": \"One.\", \"meta\": {\"deep\": 1}}\n{\"text\": \"Two.\", \"meta\": {}}\n",
        "\uFEFF\n{\n  \"text\": \"One.\",\n  \"meta\": 1\n}\n",
        "{\"text\": \"Two.\", \"meta\": 1}"
      })
  void documents_json_isRefusedWhateverTheName(String json) throws IOException {
    Files.writeString(text, json);
    assertRefused(text, text + holdsJson(" (keys text, meta)"));
    writeCompressed(json);
    assertRefused(compressed, compressed + holdsJson(" (keys text, meta)"));
  }

  @Test
  void documents_nameOfJson_isRefusedWhateverTheContent() throws IOException {
    Path lines = text.resolveSibling("a.jsonl");
    Files.writeString(lines, "\"One.\"\n\"Two.\"\n");
    assertRefused(lines, lines + holdsJson(""));
  }

  @Test
  void documents_listOfObjects_areToBeWrittenAsTexts() throws IOException {
    Files.writeString(text, "[{\"text\": \"One.\"},\n {\"text\": \"Two.\"}]");
    assertRefused(
        text,
        text
            + " holds JSON (keys text)"
            + AS_PROSE
            + "Maybe write its texts to a text file, with a line <|endoftext|> between documents.");
  }

  private static String prose(int lines) {
    return "Once upon a time, there was a line of prose.\n".repeat(lines);
  }

  @Test
  void documents_proseThatTurnsIntoJsonLines_isRefused() throws IOException {
    Files.writeString(text, prose(3000) + "{\"id\": 1, \"text\": \"One.\"}\n".repeat(1200));
    assertThatThrownBy(() -> TextFiles.documents(text))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(
            text
                + " turns into JSON lines further on (keys id, text)"
                + AS_PROSE
                + "Maybe give it");
  }

  @Test
  void documents_proseWithSomeJson_isRead() throws IOException {
    String example = "{\"id\": 1, \"text\": \"One.\"}\n".repeat(40);
    Files.writeString(text, prose(500) + example + prose(500) + "{\n \"a\": 1\n}\n" + prose(9));
    assertThat(TextFiles.documents(text)).hasSize(1);
    Files.writeString(text, "{it} began\n{\"a\": 1}\n{\"b\": 2}\n".repeat(500));
    assertThat(TextFiles.documents(text)).hasSize(1);
  }

  @Test
  void documents_longJsonLine_isRefused() throws IOException {
    Files.writeString(text, "{\"text\": \"" + "word ".repeat(100_000) + "\"}\n");
    assertRefused(text, text + holdsJson(" (keys text)"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[Chapter 1] It began.",
        "{it} began",
        "[1] A footnote.",
        "\"Well,\" he said.",
        "{\"a\": 1} is JSON.",
        "{\"a\": 1}\n<|endoftext|>\n{\"b\": 2}"
      })
  void documents_proseThatBeginsLikeJson_isRead(String prose) throws IOException {
    Files.writeString(text, prose);
    assertThat(String.join("\n<|endoftext|>\n", TextFiles.documents(text))).isEqualTo(prose);
  }

  static Stream<Arguments> otherKinds() {
    return Stream.of(
        Arguments.of("PAR1\u0015\u0004", "is a Parquet table"),
        Arguments.of("ARROW1\0\0", "is an Arrow table"),
        Arguments.of("\u00FF\u00FF\u00FF\u00FF\u0010\u0001", "is an Arrow table"),
        Arguments.of("PK\u0003\u0004", "is a zip archive"),
        Arguments.of("BZh91AY&SY", "is compressed by bzip2"),
        Arguments.of("\u00FD7zXZ\0", "is compressed by xz"),
        Arguments.of("%PDF-1.7", "is a PDF document"),
        Arguments.of("GGUF\u0003\0\0\0", "is a GGUF model"),
        Arguments.of("\u0010\0\0\0\0\0\0\0{\"a\"", "is a safetensors file"),
        Arguments.of("SQLite format 3\0", "is an SQLite database"),
        Arguments.of("x".repeat(257) + "ustar", "is a tar archive"),
        Arguments.of("version https://git-lfs.github.com/spec/v1\noid", "is a pointer of git-lfs"));
  }

  @ParameterizedTest
  @MethodSource("otherKinds")
  void documents_otherKind_isNamedAlsoInsideGzip(String content, String kind) throws IOException {
    Files.write(text, content.getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> TextFiles.documents(text))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(text + " " + kind)
        .hasMessageContaining(", not text.\nMaybe ");
    try (OutputStream stream = new GZIPOutputStream(Files.newOutputStream(compressed))) {
      stream.write(content.getBytes(StandardCharsets.ISO_8859_1));
    }
    assertThatThrownBy(() -> TextFiles.documents(compressed))
        .hasMessageStartingWith(compressed + " " + kind);
  }

  @Test
  void documents_tableByName_isRefused() throws IOException {
    Path table = text.resolveSibling("a.CSV");
    Files.writeString(table, "id,text\n1,One.\n");
    assertRefused(
        table,
        table
            + " is a table (.csv), not text.\n"
            + "Maybe write its texts to a text file, with a line <|endoftext|> between documents.");
  }

  @Test
  void documents_directory_isNamedWithAFileInIt() throws IOException {
    assertRefused(directory, directory + " is a directory; a text must be a file.");
    Files.writeString(text, "One.");
    assertRefused(
        directory,
        directory
            + " is a directory; a text must be a file.\nMaybe name a file in it, such as "
            + text
            + ".");
  }

  @Test
  void documents_pathThroughAFile_isNamed() throws IOException {
    Files.writeString(text, "One.");
    Path through = text.resolve("b.txt");
    assertRefused(through, through + " could not be read (Not a directory)");
  }

  @Test
  void documents_emptyFile_isNamed() throws IOException {
    Files.writeString(text, "");
    assertRefused(text, text + " is empty.\nMaybe it was not copied or downloaded whole.");
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
