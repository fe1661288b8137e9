package org.nemotron.core.provenance;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileDigestsTest {
  private Path run = Path.of("run");
  private Path file = Path.of("file");
  private FileDigests digests = new FileDigests(ImmutableMap.of());

  @BeforeEach
  void write(@TempDir Path directory) throws IOException {
    run = directory;
    file = Files.createDirectory(run.resolve("library")).resolve("a");
    Files.writeString(file, "whole");
    digests = FileDigests.of(run, ImmutableList.of(file));
  }

  @Test
  void misfit_nothingChanged_isEmpty() throws IOException {
    assertThat(digests.misfit(run)).isEmpty();
  }

  @Test
  void misfit_fileChanged_namesIt() throws IOException {
    Files.writeString(file, "whale");
    assertThat(digests.misfit(run)).contains(file + " is not as it was written");
  }

  @Test
  void misfit_directoryInItsPlace_namesItAsMissing() throws IOException {
    Files.delete(file);
    Files.createDirectory(file);
    assertThat(digests.misfit(run)).contains(file + " is missing");
  }

  @Test
  void fromJson_ofToJson_isEqual() {
    assertThat(FileDigests.fromJson(digests.toJson())).isEqualTo(digests);
    assertThat(digests.byName().keySet()).containsExactly("library/a");
  }
}
