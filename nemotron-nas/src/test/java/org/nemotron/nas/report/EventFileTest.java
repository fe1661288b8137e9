package org.nemotron.nas.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads the records back, byte by byte. */
final class EventFileTest {
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  @TempDir
  private Path directory;

  private List<byte[]> records() throws IOException {
    Path file = directory.resolve("events.out.tfevents.1700000000.nemotron");
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> records = new ArrayList<>();
    while (bytes.hasRemaining()) {
      byte[] length = new byte[8];
      bytes.get(length);
      assertThat(bytes.getInt()).isEqualTo(EventFile.maskedCrc(length));
      byte[] data =
          new byte[(int) ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong()];
      bytes.get(data);
      assertThat(bytes.getInt()).isEqualTo(EventFile.maskedCrc(data));
      records.add(data);
    }
    return records;
  }

  @Test
  void scalar_stepAbove127_isReadBackFieldByField() throws IOException {
    try (EventFile events = new EventFile(directory, 1_700_000_000.5)) {
      events.scalar("child/loss", 300, 1_700_000_001.0, 0.5);
    }
    List<byte[]> records = records();
    assertThat(records).hasSize(2);
    assertThat(new String(records.get(0), StandardCharsets.ISO_8859_1))
        .endsWith("\032\015brain.Event:2");
    ByteBuffer event = ByteBuffer.wrap(records.get(1)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(event.get()).isEqualTo((byte) (1 << 3 | 1));
    assertThat(event.getDouble()).isEqualTo(1_700_000_001.0);
    assertThat(event.get()).isEqualTo((byte) (2 << 3));
    assertThat((event.get() & 0x7F) | (event.get() << 7)).isEqualTo(300);
    assertThat(event.get()).isEqualTo((byte) (5 << 3 | 2));
    assertThat(event.get()).isEqualTo((byte) event.remaining());
    assertThat(event.get()).isEqualTo((byte) (1 << 3 | 2));
    assertThat(event.get()).isEqualTo((byte) event.remaining());
    assertThat(event.get()).isEqualTo((byte) (1 << 3 | 2));
    byte[] tag = new byte[event.get()];
    event.get(tag);
    assertThat(new String(tag, StandardCharsets.UTF_8)).isEqualTo("child/loss");
    assertThat(event.get()).isEqualTo((byte) (2 << 3 | 5));
    assertThat(event.getFloat()).isEqualTo(0.5f);
    assertThat(event.hasRemaining()).isFalse();
  }

  /** CRC-32C of nine digits is E3069283 (RFC 3720); rotated by 15 bits, and the mask added. */
  @Test
  void maskedCrc_digits_isThatOfTheirPublishedChecksum() {
    int crc = (int) Long.parseLong("E3069283", 16);
    assertThat(EventFile.maskedCrc("123456789".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo((crc >>> 15 | crc << 17) + HexFormat.fromHexDigits("a282ead8"));
  }
}
