package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableLongArray;
import com.google.common.primitives.Ints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;

/**
 * Reads the parts of a GGUF header one after another. Every length is compared with what is left of
 * the file before anything is made room for.
 */
final class GgufInput {
  private static final int BUFFER_BYTES = 1 << 16;

  /** No vocabulary comes near it; a list of this length takes some hundred megabytes. */
  private static final long MAX_LIST = 1 << 24;

  private static final int TEXT = 8;
  private static final int SINGLE = 6;
  private static final int DOUBLE = 12;

  private final FileChannel channel;
  private final long length;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN).flip();
  private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
  private long position;

  GgufInput(FileChannel channel) throws IOException {
    this.channel = channel;
    this.length = channel.size();
  }

  /** Returns how many bytes are read. */
  long position() {
    return position;
  }

  /** Returns how many bytes the file has. */
  long length() {
    return length;
  }

  void check(boolean condition, String message) throws CheckpointFormatException {
    if (!condition) {
      throw new CheckpointFormatException(message);
    }
  }

  /** Checks that {@code count} things of at least this size may follow. */
  void checkCount(long count, int leastBytes, String things) throws CheckpointFormatException {
    // The message only where it is needed: a file may have millions of values.
    if (count < 0 || count > (length - position) / leastBytes) {
      throw new CheckpointFormatException(
          Long.toUnsignedString(count)
              + " "
              + things
              + " are announced, but only "
              + (length - position)
              + " bytes follow");
    }
  }

  private ByteBuffer next(int bytes) throws IOException {
    if (bytes > length - position) {
      throw new CheckpointFormatException(
          "a value of " + bytes + " bytes is due, but only " + (length - position) + " follow");
    }
    if (buffer.remaining() < bytes) {
      buffer.compact();
      while (buffer.position() < bytes) {
        check(
            channel.read(buffer, position + buffer.position()) >= 0,
            "the file became shorter while it was read");
      }
      buffer.flip();
    }
    position += bytes;
    return buffer;
  }

  /** Returns the first bytes of the file, at most so many, without reading on. */
  byte[] firstBytes(int most) throws IOException {
    ByteBuffer first = ByteBuffer.allocate((int) Math.min(most, length));
    while (first.hasRemaining()) {
      check(
          channel.read(first, first.position()) >= 0, "the file became shorter while it was read");
    }
    return first.array();
  }

  /** Passes over bytes that are known. */
  void skip(int bytes) throws IOException {
    ByteBuffer buffered = next(bytes);
    ByteBuffer unused = buffered.position(buffered.position() + bytes);
  }

  long uint32() throws IOException {
    return Integer.toUnsignedLong(next(Integer.BYTES).getInt());
  }

  long int64() throws IOException {
    return next(Long.BYTES).getLong();
  }

  String text() throws IOException {
    long bytes = int64();
    checkCount(bytes, 1, "bytes of a text");
    if (bytes > MAX_LIST) {
      throw new CheckpointFormatException("a text of " + bytes + " bytes is too long");
    }
    byte[] utf8 = new byte[Ints.checkedCast(bytes)];
    for (int done = 0; done < utf8.length; done += BUFFER_BYTES) {
      int piece = Math.min(BUFFER_BYTES, utf8.length - done);
      next(piece).get(utf8, done, piece);
    }
    try {
      return decoder.decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw new CheckpointFormatException("a text is not valid UTF-8", e);
    }
  }

  GgufValue value(String key) throws IOException {
    int code = Ints.saturatedCast(uint32());
    if (code == GgufValue.LIST) {
      return list(key);
    }
    if (code == TEXT) {
      return new GgufValue.Text(text());
    }
    if (code == SINGLE || code == DOUBLE) {
      int bytes = code == SINGLE ? Float.BYTES : Double.BYTES;
      return new GgufValue.Real(bytes, real(bytes));
    }
    GgufValue.WholeType type = wholeType(key, code);
    return new GgufValue.Whole(type, whole(type));
  }

  private GgufValue list(String key) throws IOException {
    int code = Ints.saturatedCast(uint32());
    long count = int64();
    check(
        count >= 0 && count <= MAX_LIST,
        "key " + key + ": a list of " + Long.toUnsignedString(count) + " is too long");
    if (code == TEXT) {
      checkCount(count, Long.BYTES, "texts");
      ImmutableList.Builder<String> texts = ImmutableList.builder();
      for (long left = count; left > 0; left--) {
        texts.add(text());
      }
      return new GgufValue.Texts(texts.build());
    }
    if (code == SINGLE || code == DOUBLE) {
      int bytes = code == SINGLE ? Float.BYTES : Double.BYTES;
      checkCount(count, bytes, "numbers");
      ImmutableDoubleArray.Builder numbers = ImmutableDoubleArray.builder((int) count);
      for (long left = count; left > 0; left--) {
        numbers.add(real(bytes));
      }
      return new GgufValue.Reals(bytes, numbers.build());
    }
    GgufValue.WholeType type = wholeType(key, code);
    checkCount(count, type.bytes(), "numbers");
    ImmutableLongArray.Builder numbers = ImmutableLongArray.builder((int) count);
    for (long left = count; left > 0; left--) {
      numbers.add(whole(type));
    }
    return new GgufValue.Wholes(type, numbers.build());
  }

  private GgufValue.WholeType wholeType(String key, int code) throws CheckpointFormatException {
    Optional<GgufValue.WholeType> type =
        Arrays.stream(GgufValue.WholeType.values())
            .filter(candidate -> candidate.code() == code)
            .findFirst();
    check(type.isPresent(), "key " + key + ": type " + code + " is not known");
    return type.orElseThrow();
  }

  private double real(int bytes) throws IOException {
    return bytes == Float.BYTES ? next(bytes).getFloat() : next(bytes).getDouble();
  }

  private long whole(GgufValue.WholeType type) throws IOException {
    ByteBuffer bytes = next(type.bytes());
    return switch (type) {
      case UINT8, BOOL -> Byte.toUnsignedLong(bytes.get());
      case INT8 -> bytes.get();
      case UINT16 -> Short.toUnsignedLong(bytes.getShort());
      case INT16 -> bytes.getShort();
      case UINT32 -> Integer.toUnsignedLong(bytes.getInt());
      case INT32 -> bytes.getInt();
      case UINT64, INT64 -> bytes.getLong();
    };
  }
}
