package org.nemotron.core.text;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.nemotron.core.io.FileFaults;

/**
 * The bytes of a text file up to a limit, after decompression. What begins as a gzip file is
 * decompressed, whatever its name.
 *
 * @param bytes of the file, a few more than the limit perhaps; not changed
 * @param length how many of them count: a last line that the limit cuts does not
 * @param isWhole whether that is all of the file
 */
@SuppressWarnings("ArrayRecordComponent") // gigabytes of text, compared by nobody
record TextBytes(byte[] bytes, int length, boolean isWhole) {
  private static final int GZIP_MAGIC = 0x1F8B;
  private static final int BUFFER_BYTES = 1 << 16;

  /** Reads at most {@code maxBytes}. */
  static TextBytes read(Path file, int maxBytes) throws IOException {
    if (Files.isDirectory(file)) {
      throw isADirectory(file);
    }
    byte[] bytes = readFirst(file, maxBytes + 1);
    return bytes.length <= maxBytes
        ? new TextBytes(bytes, bytes.length, true)
        : new TextBytes(bytes, lastCut(bytes, maxBytes), false);
  }

  private static byte[] readFirst(Path file, int count) throws IOException {
    try (InputStream plain = new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES)) {
      boolean compressed = isGzip(plain);
      if (!compressed && file.toString().endsWith(".gz") && hasContent(plain)) {
        throw new IOException(
            file
                + " is not compressed by gzip, as its name says.\n"
                + "Maybe it was decompressed on the way: rename it, without .gz.");
      }
      try (InputStream stream = compressed ? new GZIPInputStream(plain, BUFFER_BYTES) : plain) {
        return stream.readNBytes(count);
      }
    } catch (NoSuchFileException e) {
      throw new IOException(file + " is missing", e);
    } catch (FileSystemException e) {
      throw new IOException(file + " could not be read (" + FileFaults.words(e) + ")", e);
    } catch (ZipException | EOFException e) {
      throw new IOException(
          file
              + " is not a whole gzip file ("
              + e.getMessage()
              + ").\nMaybe it was not copied or downloaded whole.",
          e);
    }
  }

  private static boolean isGzip(InputStream stream) throws IOException {
    stream.mark(2);
    int magic = stream.read() << 8 | stream.read();
    stream.reset();
    return magic == GZIP_MAGIC;
  }

  private static boolean hasContent(InputStream stream) throws IOException {
    stream.mark(1);
    boolean some = stream.read() >= 0;
    stream.reset();
    return some;
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

  private static IOException isADirectory(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      Optional<Path> text =
          files.filter(file -> file.toString().matches(".*\\.txt(\\.gz)?")).sorted().findFirst();
      return new IOException(
          directory
              + " is a directory; a text must be a file."
              + text.map(file -> "\nMaybe name a file in it, such as " + file + ".").orElse(""));
    }
  }

  /** Returns whether these bytes stand at place {@code at}. */
  boolean has(int at, byte[] wanted) {
    if (at + wanted.length > length) {
      return false;
    }
    for (int index = 0; index < wanted.length; index++) {
      if (bytes[at + index] != wanted[index]) {
        return false;
      }
    }
    return true;
  }
}
