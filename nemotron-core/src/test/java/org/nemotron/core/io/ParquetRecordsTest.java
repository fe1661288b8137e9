package org.nemotron.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ParquetRecordsTest {
  private static final Path FILES = Path.of("src/test/resources/parquet");
  private static final Path SNAPPY = FILES.resolve("snappy.parquet");
  private static final int MUTANTS = 60;

  @ParameterizedTest
  @ValueSource(strings = {"snappy", "zstd", "plain"})
  void next_everyCompression_hasTheRecordsInTheirOrder(String name) throws IOException {
    assertThat(records(FILES.resolve(name + ".parquet")))
        .map(JsonNode::toString)
        .containsExactly(
            "{\"id\":\"own-0\",\"question\":\"What does a kettle heat?\",\"choices\":{\"text\":"
                + "[\"water\",\"sand\",\"light\"],\"label\":[\"A\",\"B\",\"C\"]},"
                + "\"answerKey\":\"A\"}",
            "{\"id\":\"own-1\",\"question\":\"Who says \\\"moo\\\"?\\nThink — twice.\","
                + "\"choices\":{\"text\":[\"the cat\",\"the cow\"],\"label\":[\"A\",\"B\"]},"
                + "\"answerKey\":\"B\"}",
            "{\"id\":\"own-2\",\"question\":\"Was trägt ein Schaf? 🐑\",\"choices\":{\"text\":"
                + "[\"Federn\",\"Schuppen\",\"Wolle\",\"Rinde\"],\"label\":[\"A\",\"B\",\"C\","
                + "\"D\"]},\"answerKey\":\"C\"}");
  }

  @Test
  void next_everyKindOfValue_isWhatWasWritten() throws IOException {
    assertThat(records(FILES.resolve("kinds.parquet")))
        .map(JsonNode::toString)
        .containsExactly(
            "{\"t\":-1152921504606846975,\"share\":0.5,\"right\":true,\"nothing\":null,"
                + "\"bytes\":\"für\",\"list\":[],\"turns\":[{\"role\":\"user\",\"n\":1}]}",
            "{\"t\":2,\"share\":\"NaN\",\"right\":false,\"nothing\":null,"
                + "\"bytes\":\"\",\"list\":[\"a\",null],\"turns\":[]}");
  }

  @Test
  void open_someColumns_readsThemAlone() throws IOException {
    assertThat(records(SNAPPY, "answerKey"))
        .map(JsonNode::toString)
        .containsExactly("{\"answerKey\":\"A\"}", "{\"answerKey\":\"B\"}", "{\"answerKey\":\"C\"}");
  }

  @Test
  void open_columnThatIsNotThere_isNamed() {
    assertThatIOException()
        .isThrownBy(() -> records(SNAPPY, "text"))
        .withMessage(SNAPPY + " has no column text; it has id, question, choices, answerKey.");
  }

  @Test
  void open_nameWithPatternsAndQuotes_isThatFile(@TempDir Path folder) throws IOException {
    Path odd = Files.createDirectories(folder.resolve("a=1/[0]")).resolve("it's *?.parquet");
    Files.copy(SNAPPY, odd);
    assertThat(records(odd)).isEqualTo(records(SNAPPY));
  }

  @Test
  void open_fileCutShort_isRefused(@TempDir Path folder) throws IOException {
    byte[] whole = Files.readAllBytes(SNAPPY);
    Path cut = Files.write(folder.resolve("c.parquet"), Arrays.copyOf(whole, whole.length / 2));
    assertThatIOException()
        .isThrownBy(() -> records(cut))
        .withMessageMatching(
            "\\Q"
                + cut
                + "\\E cannot be read as Parquet \\(.*No magic bytes.*\\)\\.\n"
                + "Maybe it was not copied whole\\.");
  }

  @Test
  void open_pointerOrNothing_isNamed(@TempDir Path folder) throws IOException {
    Path pointer = folder.resolve("p.parquet");
    Files.writeString(pointer, "version https://git-lfs.github.com/spec/v1\n");
    assertThatIOException()
        .isThrownBy(() -> records(pointer))
        .withMessageContaining(pointer + " is a pointer of git-lfs");
    Path none = folder.resolve("none.parquet");
    assertThatThrownBy(() -> records(none)).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void next_damagedFile_isReadOrRefusedInASentence(@TempDir Path folder) throws IOException {
    Random random = new Random(5);
    byte[] whole = Files.readAllBytes(SNAPPY);
    Path damaged = folder.resolve("d.parquet");
    int refused = 0;
    for (int mutant = 0; mutant < MUTANTS; mutant++) {
      byte[] bytes = whole.clone();
      for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      Files.write(damaged, bytes);
      try {
        assertThat(records(damaged)).isNotNull();
      } catch (IOException e) {
        refused++;
        assertThat(e).hasMessageStartingWith(damaged + " cannot be read as Parquet (");
      }
    }
    assertThat(refused).isPositive();
  }

  @Test
  void open_withoutTheLibrary_saysWhatToAdd() throws ReflectiveOperationException {
    Class<?> type = Class.forName(ParquetRecords.class.getName(), true, new WithoutDuckDb());
    Method open = type.getMethod("open", Path.class);
    assertThatThrownBy(() -> open.invoke(null, SNAPPY))
        .isInstanceOf(InvocationTargetException.class)
        .cause()
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(
            SNAPPY
                + " is a Parquet file, which is read by a library that is not there.\n"
                + "Maybe add org.duckdb:duckdb_jdbc to the dependencies, or ");
  }

  /** Defines the reader once more, without the library that it looks for. */
  private static final class WithoutDuckDb extends ClassLoader {
    WithoutDuckDb() {
      super(ParquetRecords.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith("org.duckdb.")) {
        throw new ClassNotFoundException(name);
      }
      return name.startsWith(ParquetRecords.class.getName())
          ? defined(name)
          : super.loadClass(name, resolve);
    }

    private Class<?> defined(String name) throws ClassNotFoundException {
      Class<?> known = findLoadedClass(name);
      if (known != null) {
        return known;
      }
      try (InputStream stream = getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] bytes = stream.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }

  private static List<JsonNode> records(Path file, String... columns) throws IOException {
    ImmutableList.Builder<JsonNode> records = ImmutableList.builder();
    try (ParquetRecords rows = ParquetRecords.open(file, ImmutableList.copyOf(columns))) {
      for (Optional<JsonNode> next = rows.next(); next.isPresent(); next = rows.next()) {
        records.add(next.get());
      }
    }
    return records.build();
  }
}
