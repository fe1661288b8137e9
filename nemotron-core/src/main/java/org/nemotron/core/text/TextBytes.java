package org.nemotron.core.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.nemotron.core.io.CompressedFiles;

/**
 * The bytes of a text file up to a limit, after decompression. What begins as a gzip or zstd file
 * is decompressed, whatever its name.
 *
 * @param bytes of the file, a few more than the limit perhaps; not changed
 * @param length how many of them count: a last line that the limit cuts does not
 * @param isWhole whether that is all of the file
 */
@SuppressWarnings("ArrayRecordComponent") // gigabytes of text, compared by nobody
record TextBytes(byte[] bytes, int length, boolean isWhole) {
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
    try (InputStream stream = CompressedFiles.open(file)) {
      return stream.readNBytes(count);
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
