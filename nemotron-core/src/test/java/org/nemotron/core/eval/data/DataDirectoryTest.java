package org.nemotron.core.eval.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.eval.task.Question;
import org.nemotron.core.eval.task.TaskItem;
import org.nemotron.core.eval.task.Tasks;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

final class DataDirectoryTest {
  private static final String LINES = "{\"a\": 1}\n\n{\"a\": 2}\n";

  private Path folder;

  @BeforeEach
  void nameFolder(@TempDir Path temporary) {
    folder = temporary;
  }

  @Test
  void records_everyCompression_areTheSame() throws IOException {
    byte[] bytes = LINES.getBytes(StandardCharsets.UTF_8);
    Files.write(folder.resolve("plain.jsonl"), bytes);
    try (OutputStream gzip = new GZIPOutputStream(out("g.jsonl.gz"))) {
      gzip.write(bytes);
    }
    try (OutputStream bzip2 = new BZip2CompressorOutputStream(out("b.jsonl.bz2"))) {
      bzip2.write(bytes);
    }
    try (OutputStream xz = new XZOutputStream(out("x.jsonl.xz"), new LZMA2Options(0))) {
      xz.write(bytes);
    }
    for (String name : ImmutableList.of("plain", "g", "b", "x")) {
      assertThat(records(name, RecordLayout.NAMED)).as(name).hasSize(2);
    }
  }

  @Test
  void records_fileInATarOfXz_areRead() throws IOException {
    byte[] bytes = "q,a\n\"x, \"\"y\"\"\nz\",1\n".getBytes(StandardCharsets.UTF_8);
    try (OutputStream xz = new XZOutputStream(out("d.tar.xz"), new LZMA2Options(0));
        TarArchiveOutputStream tar = new TarArchiveOutputStream(xz)) {
      TarArchiveEntry entry = new TarArchiveEntry("sub/t.csv");
      entry.setSize(bytes.length);
      tar.putArchiveEntry(entry);
      tar.write(bytes);
      tar.closeArchiveEntry();
    }
    ImmutableList<JsonNode> records = records("d.tar.xz!sub/t.csv", RecordLayout.NAMED);
    assertThat(records.get(0).path("q").asText()).isEqualTo("x, \"y\"\nz");
    assertThat(DataDirectory.open(folder).find(ImmutableList.of("d.tar.xz!other.csv"))).isEmpty();
  }

  @Test
  void records_csvWithoutHeader_haveTheLayoutsNames() throws IOException {
    Files.writeString(folder.resolve("n.csv"), "x,1\r\ny,2\r\n");
    RecordLayout layout = new RecordLayout(ImmutableList.of("q", "a"), 0);
    assertThat(records("n", layout).get(1).path("a").asText()).isEqualTo("2");
  }

  @Test
  void records_csvRowOfOtherLength_isRefused() throws IOException {
    Files.writeString(folder.resolve("n.csv"), "q,a\nx,1,2\n");
    assertThatIOException()
        .isThrownBy(() -> records("n", RecordLayout.NAMED))
        .withMessage(folder.resolve("n.csv") + ", row 2: has 3 fields; it must have 2 (q, a)");
  }

  @Test
  void records_linesThatMakeNoWholeRecord_areRefused() throws IOException {
    Files.writeString(folder.resolve("t.txt"), "a\nb\nc\n");
    assertThatIOException()
        .isThrownBy(() -> records("t", new RecordLayout(ImmutableList.of(), 2)))
        .withMessage(
            folder.resolve("t.txt")
                + " has 3 lines; they must be a multiple of 2.\nMaybe it was not copied whole.");
  }

  @Test
  void records_gzipCutShort_isRefused() throws IOException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(whole)) {
      gzip.write(LINES.getBytes(StandardCharsets.UTF_8));
    }
    byte[] bytes = whole.toByteArray();
    Files.write(folder.resolve("c.jsonl.gz"), Arrays.copyOf(bytes, bytes.length / 2));
    assertThatIOException()
        .isThrownBy(() -> records("c", RecordLayout.NAMED))
        .withMessageStartingWith(folder.resolve("c.jsonl.gz") + " cannot be read (");
  }

  @Test
  void records_lineThatIsNoJson_isNamed() throws IOException {
    Files.writeString(folder.resolve("j.jsonl"), "{\"a\": 1}\nhello\n");
    assertThatIOException()
        .isThrownBy(() -> records("j", RecordLayout.NAMED))
        .withMessageStartingWith(folder.resolve("j.jsonl") + ", line 2: is not JSON (");
  }

  @Test
  void records_parquetOfHuggingFace_areThoseOfJsonLines() throws IOException {
    copy("plain.parquet", "one/test-00000-of-00001.parquet");
    copy("plain.parquet", "two/data/test-00000-of-00002.parquet");
    copy("zstd.parquet", "two/data/test-00001-of-00002.parquet");
    copy("plain.parquet", "three/test/0000.parquet");
    copy("snappy.parquet", "three/test/0001.parquet");
    ImmutableList<JsonNode> one = records("one/test", RecordLayout.NAMED);
    assertThat(one).hasSize(3);
    assertThat(one.get(1).path("choices").path("text").get(1).asText()).isEqualTo("the cow");
    ImmutableList<JsonNode> twice =
        ImmutableList.<JsonNode>builder().addAll(one).addAll(one).build();
    assertThat(records("two/test", RecordLayout.NAMED)).isEqualTo(twice);
    assertThat(records("three/test", RecordLayout.NAMED)).isEqualTo(twice);
  }

  @Test
  void records_parquetThatLacksAPart_isRefused() throws IOException {
    copy("plain.parquet", "two/test-00000-of-00002.parquet");
    assertThatIOException()
        .isThrownBy(() -> records("two/test", RecordLayout.NAMED))
        .withMessage(
            folder.resolve("two/test-00001-of-00002.parquet")
                + " is missing.\nMaybe the set was not copied whole.");
  }

  @Test
  void items_ofTheOriginalFilesOfArc_areReadFromParquet() throws IOException {
    copy("snappy.parquet", "ai2_arc/ARC-Easy/test-00000-of-00001.parquet");
    ImmutableList<TaskItem> items =
        Tasks.select("arc_easy").get(0).items(DataDirectory.open(folder));
    assertThat(items.get(2).question())
        .isInstanceOfSatisfying(
            Question.Choices.class,
            question -> {
              assertThat(question.choices())
                  .containsExactly("Federn", "Schuppen", "Wolle", "Rinde");
              assertThat(question.right().get(0)).isEqualTo(2);
            });
  }

  @Test
  void open_noDirectory_isRefused() {
    assertThatIOException()
        .isThrownBy(() -> DataDirectory.open(folder.resolve("none")))
        .withMessageStartingWith(folder.resolve("none") + " is no directory.\nMaybe ");
  }

  private ImmutableList<JsonNode> records(String name, RecordLayout layout) throws IOException {
    DataDirectory data = DataDirectory.open(folder);
    return data.records(data.find(ImmutableList.of(name)).orElseThrow(), layout);
  }

  private void copy(String parquet, String name) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.copy(Path.of("src/test/resources/parquet").resolve(parquet), file);
  }

  private OutputStream out(String name) throws IOException {
    return Files.newOutputStream(folder.resolve(name));
  }
}
