package org.nemotron.core.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SourceFilesTest {
  @TempDir Path directory = Path.of("");

  private Stream<String> found(String pattern) throws IOException {
    return SourceFiles.of(DocumentSource.of(List.of(directory + "/" + pattern))).stream()
        .map(file -> directory.relativize(file.path()).toString());
  }

  private void write(String file) throws IOException {
    Path path = directory.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, "{}\n");
  }

  @Test
  void of_pattern_looksNoDeeperThanItSays() throws IOException {
    write("a.jsonl");
    write("x/b.jsonl");
    write("x/y/c.jsonl");
    assertThat(found("*.jsonl")).containsExactly("a.jsonl");
    assertThat(found("*/*.jsonl")).containsExactly("x/b.jsonl");
    assertThat(found("{a,x/b}.jsonl")).containsExactly("a.jsonl", "x/b.jsonl");
    assertThat(found("**.jsonl")).containsExactly("a.jsonl", "x/b.jsonl", "x/y/c.jsonl");
  }

  /** Elsewhere below the same directory there may be anything, such as a link to above. */
  @Test
  void of_loopDeeperThanThePattern_isNotMet() throws IOException {
    write("a.jsonl");
    write("x/b.jsonl");
    Files.createSymbolicLink(directory.resolve("x/loop"), directory);
    assertThat(found("*.jsonl")).containsExactly("a.jsonl");
  }
}
