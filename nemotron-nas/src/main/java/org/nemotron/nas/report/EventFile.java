package org.nemotron.nas.report;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * A file of scalars that TensorBoard shows. Used by one thread at a time.
 *
 * <p>Each record is its length in eight bytes, a masked CRC-32C of these, the bytes of an {@code
 * Event} message, and a masked CRC-32C of them; all little-endian. Of the message only what a
 * scalar needs is written: wall time (1, double), step (2), and a summary (5) with one value (1) of
 * a tag (1) and a float (2).
 *
 * <p>Source: TensorFlow's record_writer.h, event.proto and summary.proto.
 */
public final class EventFile implements Closeable {
  private static final String VERSION = "brain.Event:2";
  private static final int CRC_MASK = 0xa282ead8;
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final OutputStream out;

  /**
   * Begins a file in {@code directory}.
   *
   * @param seconds since 1970, which name the file
   * @throws IOException if it cannot be written
   */
  public EventFile(Path directory, double seconds) throws IOException {
    Files.createDirectories(directory);
    Path file = directory.resolve("events.out.tfevents." + (long) seconds + ".nemotron");
    this.out = new BufferedOutputStream(Files.newOutputStream(file));
    Message event = new Message().fixed64(1, Double.doubleToLongBits(seconds));
    record(event.bytes(3, VERSION.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Adds a value.
   *
   * @param seconds since 1970
   * @throws IOException if it cannot be written
   */
  public void scalar(String tag, long step, double seconds, double value) throws IOException {
    Message ofValue =
        new Message()
            .bytes(1, tag.getBytes(StandardCharsets.UTF_8))
            .fixed32(2, Float.floatToIntBits((float) value));
    Message event = new Message().fixed64(1, Double.doubleToLongBits(seconds)).varint(2, step);
    record(event.bytes(5, new Message().bytes(1, ofValue.toBytes()).toBytes()));
    out.flush();
  }

  private void record(Message event) throws IOException {
    byte[] data = event.toBytes();
    byte[] length = little(8).putLong(data.length).array();
    out.write(length);
    out.write(little(4).putInt(maskedCrc(length)).array());
    out.write(data);
    out.write(little(4).putInt(maskedCrc(data)).array());
  }

  static int maskedCrc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return Integer.rotateRight((int) crc.getValue(), 15) + CRC_MASK;
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  /** A protobuf message, field by field. */
  private static final class Message {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Message varint(int field, long value) {
      raw((long) field << 3 | VARINT);
      return raw(value);
    }

    Message fixed64(int field, long value) {
      raw((long) field << 3 | FIXED64);
      bytes.writeBytes(little(8).putLong(value).array());
      return this;
    }

    Message fixed32(int field, int value) {
      raw((long) field << 3 | FIXED32);
      bytes.writeBytes(little(4).putInt(value).array());
      return this;
    }

    Message bytes(int field, byte[] value) {
      raw((long) field << 3 | BYTES);
      raw(value.length);
      bytes.writeBytes(value);
      return this;
    }

    @CanIgnoreReturnValue
    private Message raw(long value) {
      long left = value;
      while ((left & ~0x7FL) != 0) {
        bytes.write((int) ((left & 0x7F) | 0x80));
        left >>>= 7;
      }
      bytes.write((int) left);
      return this;
    }

    byte[] toBytes() {
      return bytes.toByteArray();
    }
  }
}
