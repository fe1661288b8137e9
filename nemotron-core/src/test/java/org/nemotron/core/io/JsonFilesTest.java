package org.nemotron.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JsonFilesTest {
  private final Path file;

  JsonFilesTest(@TempDir Path directory) {
    file = directory.resolve("x.json");
  }

  @Test
  void read_whatPythonWrites_isRead() throws IOException {
    Files.writeString(
        file, "\uFEFF{\"a\": NaN, \"b\": -Infinity, \"c\": 1, \"c\": {\"d\": 2}}\r\n");
    JsonNode json = JsonFiles.read(file);
    assertThat(json.path("a").doubleValue()).isNaN();
    assertThat(json.path("b").doubleValue()).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(json.path("c").path("d").intValue()).isEqualTo(2);
  }

  @Test
  void read_notJson_isNamedWithThePlace() throws IOException {
    Files.writeString(file, "{\n \"a\": 1,\n}");
    assertRefusedFrom("is not JSON (Unexpected character ('}'", "at line 3, column 1)");
    Files.writeString(file, "{} {}");
    assertRefusedFrom("is not JSON (there is more behind the end of the value", ")");
    Files.writeString(file, " ");
    assertRefusedFrom("is empty; it must hold JSON", "");
  }

  @Test
  void text_otherEncodings_areNamed() throws IOException {
    Files.write(file, new byte[] {'{', '"', (byte) 0xFF, '"', ':', '1', '}'});
    assertRefusedFrom("is not valid UTF-8", "");
    Files.writeString(file, "{}", StandardCharsets.UTF_16LE);
    assertRefusedFrom("is saved as UTF-16; it must be UTF-8.\n", "Maybe save it again as UTF-8.");
    Files.writeString(file, "é", StandardCharsets.UTF_8);
    assertThat(JsonFiles.text(file)).isEqualTo("é");
    Files.writeString(file, "");
    assertThat(JsonFiles.text(file)).isEmpty();
  }

  @Test
  void text_placeholders_areNamed() throws IOException {
    Files.writeString(file, "version https://git-lfs.github.com/spec/v1\noid sha256:5a\nsize 3\n");
    assertRefusedFrom("is a pointer of git-lfs, not the file itself.\n", " in the clone.");
    Files.writeString(file, "  <HTML><body>");
    assertRefusedFrom("is an HTML page, not the file itself.\n", " sending it.");
    Files.writeString(file, "version https://example.org");
    assertThat(FailedDownloads.fault(file)).isEmpty();
  }

  @Test
  void read_noFile_isTheSystemsFault() {
    assertThatThrownBy(() -> JsonFiles.read(file)).isInstanceOf(NoSuchFileException.class);
  }

  private void assertRefusedFrom(String begin, String end) {
    assertThatThrownBy(() -> JsonFiles.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file + " " + begin)
        .hasMessageEndingWith(end);
  }
}
