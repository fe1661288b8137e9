package org.nemotron.core.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * Files that hold something else in place of their content because a download or a clone stopped
 * half-way: a pointer of git-lfs, or the HTML page of a web site.
 */
public final class FailedDownloads {
  private static final int FIRST_BYTES = 200;

  /** The first line of every pointer, by git-lfs' specification. */
  private static final String POINTER = "version https://git-lfs.github.com/spec/";

  private FailedDownloads() {}

  /**
   * Returns the sentences that refuse {@code file}, or nothing if its first bytes are neither a
   * pointer's nor an HTML page's.
   *
   * @throws IOException if the file cannot be read
   */
  public static Optional<String> fault(Path file) throws IOException {
    try (InputStream bytes = Files.newInputStream(file)) {
      return fault(file, bytes.readNBytes(FIRST_BYTES));
    }
  }

  /** Returns the same for a file that begins with {@code bytes}. */
  static Optional<String> fault(Path file, byte[] bytes) {
    int length = Math.min(bytes.length, FIRST_BYTES);
    String begin = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    if (begin.startsWith(POINTER)) {
      return Optional.of(
          file
              + " is a pointer of git-lfs, not the file itself.\n"
              + "Maybe the repository was cloned without git-lfs: install it, then run"
              + " \"git lfs pull\" in the clone.");
    }
    String tag = begin.stripLeading().toLowerCase(Locale.ROOT);
    if (tag.startsWith("<!doctype html") || tag.startsWith("<html")) {
      return Optional.of(
          file
              + " is an HTML page, not the file itself.\n"
              + "Maybe the download needs a login, or its address shows the file instead of"
              + " sending it.");
    }
    return Optional.empty();
  }
}
