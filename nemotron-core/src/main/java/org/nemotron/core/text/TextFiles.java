package org.nemotron.core.text;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.Splitter;
import com.google.common.base.Utf8;
import com.google.common.collect.ImmutableList;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Documents in text files: UTF-8, plain or compressed ({@code .gz}). Documents are separated by a
 * line {@code <|endoftext|>}; a file without such a line is one document. White space around a
 * document is dropped, and so is a document of nothing else.
 */
public final class TextFiles {
  private static final Splitter DOCUMENTS =
      Splitter.on(Pattern.compile("(?m)^<\\|endoftext\\|>\\r?$")).trimResults().omitEmptyStrings();

  private TextFiles() {}

  /**
   * Returns the documents of all of {@code file}.
   *
   * @throws IOException if it cannot be read, is not UTF-8, or holds no text
   */
  public static ImmutableList<String> documents(Path file) throws IOException {
    return documents(file, Integer.MAX_VALUE - 16);
  }

  /**
   * Returns the documents in the first {@code maxBytes} bytes of {@code file}, after decompression.
   * Where the limit falls into a document, its whole lines before the limit are kept.
   *
   * @throws IOException if it cannot be read, is not UTF-8, or holds no text
   */
  public static ImmutableList<String> documents(Path file, long maxBytes) throws IOException {
    checkArgument(maxBytes > 0, "maxBytes (%s) must be positive", maxBytes);
    int limit = (int) Math.min(maxBytes, Integer.MAX_VALUE - 16);
    byte[] bytes = read(file, limit + 1);
    int length = bytes.length <= limit ? bytes.length : lastCut(bytes, limit);
    String text = decode(file, bytes, length);
    ImmutableList<String> documents = ImmutableList.copyOf(DOCUMENTS.split(text));
    if (documents.isEmpty()) {
      throw new IOException(
          file + " holds no text in its first " + length + " bytes.\nMaybe it is another file.");
    }
    return documents;
  }

  private static byte[] read(Path file, int maxBytes) throws IOException {
    try (InputStream plain = new BufferedInputStream(Files.newInputStream(file));
        InputStream stream =
            file.toString().endsWith(".gz") ? new GZIPInputStream(plain, 1 << 16) : plain) {
      return stream.readNBytes(maxBytes);
    } catch (NoSuchFileException e) {
      throw new IOException(file + " is missing", e);
    } catch (ZipException | EOFException e) {
      throw new IOException(
          file
              + " is not a whole gzip file ("
              + e.getMessage()
              + ").\nMaybe it was not copied or downloaded whole.",
          e);
    }
  }

  /** Returns where to cut before {@code limit}: after a line, or else between two characters. */
  private static int lastCut(byte[] bytes, int limit) {
    for (int end = limit; end > 0; end--) {
      if (bytes[end - 1] == '\n') {
        return end;
      }
    }
    int end = limit;
    while (end > 0 && (bytes[end] & 0xC0) == 0x80) {
      end--;
    }
    return end;
  }

  private static String decode(Path file, byte[] bytes, int length) throws IOException {
    if (!Utf8.isWellFormed(bytes, 0, length)) {
      throw new IOException(
          file
              + " is not valid UTF-8 at byte "
              + firstMalformed(bytes, length)
              + ".\nMaybe it is compressed, or written in another encoding: convert it to UTF-8.");
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  private static int firstMalformed(byte[] bytes, int length) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer remaining = ByteBuffer.wrap(bytes, 0, length);
    CharBuffer text = CharBuffer.allocate(1 << 16);
    while (decoder.decode(remaining, text, true).isOverflow()) {
      text.clear();
    }
    return remaining.position();
  }
}
