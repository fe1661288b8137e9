package org.nemotron.core.io;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SealedJsonTest {
  private final ObjectNode json =
      JsonNodeFactory.instance.objectNode().put("name", "größer").put("seconds", 0.5);

  private Path file = Path.of("state.json");

  @BeforeEach
  void write(@TempDir Path directory) throws IOException {
    file = directory.resolve("state.json");
    SealedJson.write(file, json);
  }

  @Test
  void read_asWritten_hasTheEntriesAndADigest() throws IOException {
    ObjectNode read = SealedJson.read(file).orElseThrow();
    assertThat(read.path("digest").asText()).matches("[0-9a-f]{64}");
    read.remove("digest");
    assertThat(read).isEqualTo(json);
  }

  @Test
  void read_anyBitOfAnyByteFlipped_isEmpty() throws IOException {
    byte[] whole = Files.readAllBytes(file);
    for (int at = 0; at < whole.length; at++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] flipped = whole.clone();
        flipped[at] ^= (byte) (1 << bit);
        Files.write(file, flipped);
        assertThat(SealedJson.read(file)).as("byte %s, bit %s", at, bit).isEmpty();
      }
    }
  }

  @Test
  void read_cutAnywhere_isEmpty() throws IOException {
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThat(SealedJson.read(file)).as("%s bytes", length).isEmpty();
    }
  }

  @Test
  void read_objectWithoutDigest_isEmpty() throws IOException {
    Files.writeString(file, json.toPrettyString());
    assertThat(SealedJson.read(file)).isEmpty();
  }
}
