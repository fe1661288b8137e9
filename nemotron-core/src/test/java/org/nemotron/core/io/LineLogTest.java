package org.nemotron.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LineLogTest {
  private final List<String> read = new ArrayList<>();
  private Path file;

  @BeforeEach
  void name(@TempDir Path folder) {
    file = folder.resolve("new/log");
  }

  private LineLog open() throws IOException {
    read.clear();
    return LineLog.open(
        file,
        "letter",
        line -> {
          read.add(line);
          return !line.equals("bad");
        });
  }

  @Test
  void add_lines_areReadAgain() throws IOException {
    try (LineLog log = open()) {
      log.add(List.of("a", "b"));
      log.add(List.of("ü"));
    }
    try (LineLog log = open()) {
      log.checkOpen();
    }
    assertThat(read).containsExactly("a", "b", "ü");
  }

  @Test
  void open_lastLineThatIsNotWhole_isRemoved() throws IOException {
    for (String end : List.of("c", "bad", "bad\n")) {
      try (LineLog log = open()) {
        log.checkOpen();
      }
      Files.writeString(file, "a\n" + end);
      try (LineLog log = open()) {
        log.add(List.of("b"));
      }
      assertThat(file).hasContent("a\nb\n");
    }
  }

  @Test
  void open_damagedLine_isNamed() throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "a\nbad\nb\n");
    assertThatIOException()
        .isThrownBy(this::open)
        .withMessage(
            file
                + ", line 2 is damaged.\nMaybe delete this line, whose letter is then asked for"
                + " again; or the file, and all are.");
    assertThat(file).hasContent("a\nbad\nb\n");
  }

  @Test
  void open_twice_isRefused() throws IOException {
    try (LineLog log = open()) {
      log.checkOpen();
      assertThatIOException()
          .isThrownBy(this::open)
          .withMessage(
              file
                  + " is in use.\nMaybe another process writes it: wait for its end, or name another"
                  + " file.");
    }
  }
}
