package org.nemotron.core.text;

import com.google.common.base.Utf8;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/** Bytes of a text file as characters: UTF-8, or refused with the encoding or the place. */
final class EncodedText {
  static final char BYTE_ORDER_MARK = '\uFEFF';

  private static final Pattern CARRIAGE_RETURN = Pattern.compile("\r\n?");

  /** How much of a text is looked at for the zeros of UTF-16. */
  private static final int LOOK_BYTES = 4096;

  /** Of the high bytes of letters in a European script, at least so many are zero. */
  private static final double SHARE_OF_ZEROS = 0.5;

  private EncodedText() {}

  /**
   * Returns the text, without a byte order mark at its beginning, its lines ended by line feeds.
   */
  static String decode(Path file, TextBytes bytes) throws IOException {
    Optional<String> other = otherEncoding(bytes);
    if (other.isPresent()) {
      throw new IOException(
          file + " is " + other.get() + "; a text must be UTF-8.\nMaybe save it as UTF-8.");
    }
    if (!Utf8.isWellFormed(bytes.bytes(), 0, bytes.length())) {
      throw new IOException(
          file
              + " is not valid UTF-8 at byte "
              + firstMalformed(bytes)
              + ".\nMaybe it is written in another encoding: convert it to UTF-8.");
    }
    String text = new String(bytes.bytes(), 0, bytes.length(), StandardCharsets.UTF_8);
    String plain = text.indexOf('\r') < 0 ? text : CARRIAGE_RETURN.matcher(text).replaceAll("\n");
    return !plain.isEmpty() && plain.charAt(0) == BYTE_ORDER_MARK ? plain.substring(1) : plain;
  }

  /** UTF-32's mark of the lower byte first begins as UTF-16's does. */
  private static Optional<String> otherEncoding(TextBytes bytes) {
    if (bytes.has(0, new byte[] {(byte) 0xFF, (byte) 0xFE, 0, 0})) {
      return Optional.of("UTF-32 (it begins with the byte order mark FF FE 00 00)");
    }
    if (bytes.has(0, new byte[] {0, 0, (byte) 0xFE, (byte) 0xFF})) {
      return Optional.of("UTF-32 (it begins with the byte order mark 00 00 FE FF)");
    }
    if (bytes.has(0, new byte[] {(byte) 0xFF, (byte) 0xFE})) {
      return Optional.of("UTF-16 (it begins with the byte order mark FF FE)");
    }
    if (bytes.has(0, new byte[] {(byte) 0xFE, (byte) 0xFF})) {
      return Optional.of("UTF-16 (it begins with the byte order mark FE FF)");
    }
    return zeros(bytes, 0) > SHARE_OF_ZEROS || zeros(bytes, 1) > SHARE_OF_ZEROS
        ? Optional.of("UTF-16 or binary (every second byte is zero)")
        : Optional.empty();
  }

  /** Returns the share of zeros among every second byte from {@code first} on. */
  private static double zeros(TextBytes bytes, int first) {
    int looked = Math.min(bytes.length(), LOOK_BYTES) / 2;
    int zeros = 0;
    for (int index = 0; index < looked; index++) {
      zeros += bytes.bytes()[2 * index + first] == 0 ? 1 : 0;
    }
    return looked == 0 ? 0 : (double) zeros / looked;
  }

  private static int firstMalformed(TextBytes bytes) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer remaining = ByteBuffer.wrap(bytes.bytes(), 0, bytes.length());
    CharBuffer text = CharBuffer.allocate(1 << 16);
    while (decoder.decode(remaining, text, true).isOverflow()) {
      text.clear();
    }
    return remaining.position();
  }
}
