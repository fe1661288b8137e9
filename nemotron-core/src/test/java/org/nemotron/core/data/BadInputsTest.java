package org.nemotron.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.nemotron.core.data.DocumentSource.Content;
import org.nemotron.core.data.DocumentSource.Format;
import org.nemotron.core.data.DocumentSource.Loss;

final class BadInputsTest {
  private static final StoreFixture FIXTURE = new StoreFixture();
  private static final Path PARQUET = Path.of("src/test/resources/parquet/plain.parquet");

  @AfterAll
  static void close() {
    FIXTURE.close();
  }

  private static DocumentSource source(Path... files) {
    return DocumentSource.of(
        Arrays.stream(files).map(Path::toString).collect(ImmutableList.toImmutableList()));
  }

  private static void assertRefused(DocumentSource source, String sentence) {
    assertThatThrownBy(() -> FIXTURE.store(StoreFixture.settings(source)))
        .isInstanceOf(IOException.class)
        .hasMessage(sentence);
  }

  @Test
  void emptyFile_isNamed() throws IOException {
    Path good = FIXTURE.file("good.jsonl", "{\"text\": \"One.\"}\n");
    Path empty = FIXTURE.file("empty.jsonl", "");
    assertRefused(
        source(good, empty),
        empty + " has no record.\nMaybe it was not copied or downloaded whole.");
  }

  @Test
  void missingFile_isNamed() {
    assertRefused(
        DocumentSource.of(ImmutableList.of("nowhere/a.jsonl")),
        "nowhere/a.jsonl is missing.\nMaybe the path is relative to another place.");
    assertRefused(
        DocumentSource.of(ImmutableList.of("nowhere/*.jsonl")),
        "nowhere/*.jsonl fits no file.\nMaybe the path is relative to another place.");
  }

  @Test
  void unknownEnding_isRefused() throws IOException {
    Path file = FIXTURE.file("texts.dat", "One.");
    assertRefused(
        source(file),
        file
            + " has none of the endings .jsonl, .ndjson, .parquet, .txt and .idx.\n"
            + "Maybe say what it is by the source's format.");
  }

  @Test
  void fileWithoutTheKey_isRefusedEvenIfBadRecordsAreSkipped() throws IOException {
    Path file = FIXTURE.file("other.jsonl", "{\"content\": \"One.\", \"id\": 1}\n");
    StoreSettings settings =
        new StoreSettings(ImmutableList.of(source(file)), BadRecords.SKIP, 1000, 0, 0);
    assertThatThrownBy(() -> FIXTURE.store(settings))
        .isInstanceOf(IOException.class)
        .hasMessage(
            file
                + ", line 1: has no key text; it has content, id\n"
                + "None of the first records of the file can be used (1 tried).\n"
                + "Maybe the source's format, content or key is another.");
  }

  @Test
  void parquetWithoutTheColumn_namesThoseThereAre() {
    assertThatThrownBy(() -> FIXTURE.store(StoreFixture.settings(source(PARQUET).withKey("words"))))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(PARQUET + " has no column words; it has ");
  }

  @Test
  void badLine_isRefusedByFileAndLineOrSkippedAndCounted() throws IOException {
    Path file =
        FIXTURE.file(
            "bad.jsonl", "{\"text\": \"One.\"}\n\nno json\n{\"text\": 3}\n{\"text\": \" \"}\n");
    assertRefused(
        source(file),
        file
            + ", line 3: is not JSON (Unrecognized token 'no': was expecting (JSON String, Number,"
            + " Array, Object or token 'null', 'true' or 'false'))\n"
            + "Maybe correct it, or set badRecords to SKIP, which counts such records.");
    StoreSettings settings =
        new StoreSettings(ImmutableList.of(source(file)), BadRecords.SKIP, 1000, 0, 0);
    try (TokenStore store = FIXTURE.store(settings)) {
      SourceCounts counts = store.sources().get(0);
      assertThat(counts.records()).isEqualTo(4);
      assertThat(counts.badRecords()).isEqualTo(2);
      assertThat(counts.emptyRecords()).isEqualTo(1);
      assertThat(counts.faults()).hasSize(2);
      assertThat(counts.faults().get(1)).isEqualTo(file + ", line 4: text must be a string");
      assertThat(StoreFixture.tokens(store, 0, Part.TRAINING)).isEqualTo(FIXTURE.tokens("One."));
    }
  }

  @Test
  void damagedUtf8_isNamedByItsLineAndOnlyItsDocumentSkipped() throws IOException {
    Path file = FIXTURE.directory.resolve("bad.txt");
    byte[] text =
        ("A".repeat(70_000) + "\n<|endoftext|>\nx\n?\ny\n<|endoftext|>\nTwo.")
            .getBytes(StandardCharsets.UTF_8);
    text[70_018] = (byte) 0xFF;
    Files.write(file, text);
    StoreSettings settings =
        new StoreSettings(ImmutableList.of(source(file)), BadRecords.SKIP, 1_000_000, 0, 0);
    try (TokenStore store = FIXTURE.store(settings)) {
      assertThat(store.sources().get(0).faults())
          .containsExactly(file + ", line 4: is not valid UTF-8");
      assertThat(store.sources().get(0).training().documents()).isEqualTo(2);
    }
  }

  @Test
  void compressedFiles_areReadAndDamagedOnesNamed() throws IOException {
    byte[] lines = "{\"text\": \"One.\"}\n".getBytes(StandardCharsets.UTF_8);
    Path gzip = FIXTURE.directory.resolve("a.jsonl.gz");
    try (OutputStream stream = new GZIPOutputStream(Files.newOutputStream(gzip))) {
      stream.write(lines);
    }
    Path zstd = FIXTURE.directory.resolve("b.jsonl.zst");
    try (OutputStream stream = new ZstdOutputStream(Files.newOutputStream(zstd))) {
      stream.write(lines);
    }
    try (TokenStore store = FIXTURE.store(StoreFixture.settings(source(gzip, zstd)))) {
      assertThat(store.sources().get(0).training().documents()).isEqualTo(2);
    }
    byte[] whole = Files.readAllBytes(zstd);
    Files.write(zstd, Arrays.copyOf(whole, whole.length - 6));
    assertThatThrownBy(() -> FIXTURE.store(StoreFixture.settings(source(zstd))))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(zstd + " is not a whole zstd file (");
  }

  @Test
  void texts_areAsTextFilesReadsThem() throws IOException {
    Path file =
        FIXTURE.file("t.txt", "\uFEFF\n One.\r\nmore \r<|endoftext|>\n\n<|endoftext|>\nTwo");
    try (TokenStore store = FIXTURE.store(StoreFixture.settings(source(file)))) {
      assertThat(StoreFixture.tokens(store, 0, Part.TRAINING))
          .containsExactlyElementsOf(
              ImmutableList.<Long>builder()
                  .addAll(FIXTURE.tokens("One.\nmore"))
                  .addAll(FIXTURE.tokens("Two"))
                  .build());
    }
  }

  @Test
  void trainingTokens_areDividedByWeightAndEndExactly() throws IOException {
    Path a =
        FIXTURE.file("w1.jsonl", "{\"text\": \"Once upon a time there was a cat.\"}\n".repeat(50));
    Path b = FIXTURE.file("w2.jsonl", "{\"text\": \"One day, a dog ran.\"}\n".repeat(50));
    StoreSettings settings =
        new StoreSettings(
            ImmutableList.of(source(a).withWeight(3), source(b)), BadRecords.REFUSE, 100, 0, 0);
    try (TokenStore store = FIXTURE.store(settings)) {
      assertThat(store.sources().get(0).training().tokens()).isEqualTo(75);
      assertThat(store.sources().get(1).training().tokens()).isEqualTo(25);
    }
  }

  @Test
  void tokensOfMegatron_areReadAsTheyStand() throws IOException {
    Path file = FIXTURE.file("m.jsonl", "{\"text\": \"One.\"}\n{\"text\": \"Two words.\"}\n");
    try (TokenStore first = FIXTURE.store(StoreFixture.settings(source(file)))) {
      Path index = first.files().get(1);
      assertThat(index.toString()).endsWith("training.idx");
      try (TokenStore second = FIXTURE.store(StoreFixture.settings(source(index)))) {
        assertThat(StoreFixture.tokens(second, 0, Part.TRAINING))
            .isEqualTo(StoreFixture.tokens(first, 0, Part.TRAINING));
        assertThat(second.sources().get(0).training().documents()).isEqualTo(2);
      }
      Files.write(index, Arrays.copyOf(Files.readAllBytes(index), 40));
      assertRefused(
          source(index),
          index + " is not an index of tokens (ends early).\nMaybe it was not copied whole.");
    }
  }

  @Test
  void conversations_withoutATemplate_areRefused() throws IOException {
    Path file = FIXTURE.file("c.jsonl", "{\"messages\": []}\n");
    assertRefused(
        DocumentSource.ofConversations(ImmutableList.of(file.toString()), Loss.ALL_TOKENS),
        file
            + " holds conversations, but there is no chat template to render them.\n"
            + "Maybe the model has none: write the conversations as texts; or give the run a"
            + " renderer.");
  }

  @Test
  void source_settingsThatContradict_areRefused() {
    ImmutableList<String> files = ImmutableList.of("a");
    assertThatThrownBy(
            () ->
                new DocumentSource(
                    files, Format.BY_NAME, Content.TEXT, "text", Loss.ASSISTANT_TURNS, 1))
        .hasMessage("loss (ASSISTANT_TURNS) must be ALL_TOKENS where content is TEXT");
    assertThatThrownBy(
            () ->
                new DocumentSource(
                    files, Format.TEXT, Content.MESSAGES, "text", Loss.ALL_TOKENS, 1))
        .hasMessage("content (MESSAGES) must be TEXT in files of format TEXT");
    assertThatThrownBy(() -> DocumentSource.of(files).withWeight(0))
        .hasMessage("weight (0.0) must be a positive number");
  }
}
