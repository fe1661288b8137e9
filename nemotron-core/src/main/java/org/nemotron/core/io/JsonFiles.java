package org.nemotron.core.io;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * JSON files of other programs: UTF-8 with or without a byte order mark, and the numbers NaN,
 * Infinity and -Infinity that Python's json module writes. Of a key that is given twice the last
 * value counts, as in Python.
 */
public final class JsonFiles {
  private static final int MARK = 0xFEFF;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private JsonFiles() {}

  /**
   * Returns the value in {@code file}.
   *
   * @throws IOException if it cannot be read, or is not JSON; the message names it
   */
  public static JsonNode read(Path file) throws IOException {
    try {
      JsonNode value = JSON.readTree(text(file));
      if (value.isMissingNode()) {
        throw new IOException(file + " is empty; it must hold JSON");
      }
      return value;
    } catch (JsonProcessingException e) {
      throw new IOException(
          file + " is not JSON (" + JsonFaults.words(e) + place(e.getLocation()) + ")", e);
    }
  }

  private static String place(JsonLocation location) {
    return location == null
        ? ""
        : ", at line " + location.getLineNr() + ", column " + location.getColumnNr();
  }

  /**
   * Returns the text of {@code file} without a byte order mark.
   *
   * @throws IOException if it cannot be read, holds something else because its download failed, or
   *     is not UTF-8; the message names it
   */
  public static String text(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Optional<String> fault = FailedDownloads.fault(file, bytes);
    if (fault.isPresent()) {
      throw new IOException(fault.get());
    }
    if (isUtf16(bytes)) {
      throw new IOException(
          file + " is saved as UTF-16; it must be UTF-8.\nMaybe save it again as UTF-8.");
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return !text.isEmpty() && text.charAt(0) == MARK ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw new IOException(file + " is not valid UTF-8", e);
    }
  }

  /** Returns whether a byte order mark of UTF-16 is there, or an ASCII character beside a zero. */
  private static boolean isUtf16(byte[] bytes) {
    if (bytes.length < 2) {
      return false;
    }
    int pair = Byte.toUnsignedInt(bytes[0]) * 256 + Byte.toUnsignedInt(bytes[1]);
    return pair == 0xFEFF || pair == 0xFFFE || (bytes[0] == 0) != (bytes[1] == 0);
  }
}
