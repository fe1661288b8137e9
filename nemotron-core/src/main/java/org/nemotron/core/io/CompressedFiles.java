package org.nemotron.core.io;

import com.github.luben.zstd.ZstdInputStream;
import com.google.common.base.Ascii;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * Files as they are, or compressed by gzip or zstd: told apart by their first bytes, whatever their
 * names. zstd needs an optional library ({@code com.github.luben:zstd-jni}).
 */
public final class CompressedFiles {
  private static final int BUFFER_BYTES = 1 << 16;
  private static final int MAGIC_BYTES = 4;
  private static final int GZIP_MAGIC = 0x1F8B;
  private static final int ZSTD_MAGIC = 0x28B52FFD;

  private CompressedFiles() {}

  /**
   * Returns the content of {@code file}, decompressed; the caller closes it.
   *
   * @throws IOException if it cannot be read, or is not compressed as its name says; what is
   *     damaged further on is thrown by the stream. Each message names the file
   */
  public static InputStream open(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException(file + " is a directory, not a file.");
    }
    try {
      InputStream plain = new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES);
      try {
        return decompressed(file, plain);
      } catch (IOException | RuntimeException e) {
        plain.close();
        throw e;
      }
    } catch (NoSuchFileException e) {
      throw new IOException(file + " is missing", e);
    } catch (FileSystemException e) {
      throw new IOException(file + " could not be read (" + FileFaults.words(e) + ")", e);
    }
  }

  private static InputStream decompressed(Path file, InputStream plain) throws IOException {
    plain.mark(MAGIC_BYTES);
    byte[] first = plain.readNBytes(MAGIC_BYTES);
    plain.reset();
    if (isGzip(first)) {
      return new Named(file, "gzip", opened(file, plain));
    }
    if (isZstd(first)) {
      return new Named(file, "zstd", Zstd.opened(file, plain));
    }
    checkName(file, first.length, ".gz", "gzip");
    checkName(file, first.length, ".zst", "zstd");
    return plain;
  }

  /** Returns whether what begins with these bytes is compressed in a way that this class reads. */
  public static boolean isCompressed(Path file) throws IOException {
    try (InputStream stream = Files.newInputStream(file)) {
      byte[] first = stream.readNBytes(MAGIC_BYTES);
      return isGzip(first) || isZstd(first);
    }
  }

  /** Returns the name of a file in lower case, without the ending of a compressed one. */
  public static String plainName(Path file) {
    return Ascii.toLowerCase(String.valueOf(file.getFileName())).replaceFirst("\\.(gz|zst)$", "");
  }

  private static boolean isGzip(byte[] first) {
    return first.length >= 2 && ((first[0] & 0xFF) << 8 | (first[1] & 0xFF)) == GZIP_MAGIC;
  }

  private static boolean isZstd(byte[] first) {
    int magic = 0;
    for (byte each : first) {
      magic = magic << 8 | (each & 0xFF);
    }
    return first.length == MAGIC_BYTES && magic == ZSTD_MAGIC;
  }

  private static void checkName(Path file, int bytes, String ending, String kind)
      throws IOException {
    if (bytes > 0 && file.toString().endsWith(ending)) {
      throw new IOException(
          file
              + " is not compressed by "
              + kind
              + ", as its name says.\n"
              + "Maybe it was decompressed on the way: rename it, without "
              + ending
              + ".");
    }
  }

  private static InputStream opened(Path file, InputStream plain) throws IOException {
    try {
      return new GZIPInputStream(plain, BUFFER_BYTES);
    } catch (IOException e) {
      throw notWhole(file, "gzip", e);
    }
  }

  private static IOException notWhole(Path file, String kind, IOException fault) {
    return new IOException(
        file
            + " is not a whole "
            + kind
            + " file ("
            + fault.getMessage()
            + ").\nMaybe it was not copied or downloaded whole.",
        fault);
  }

  /** Names the library's classes, so that they are looked for only when they are needed. */
  private static final class Zstd {
    static InputStream opened(Path file, InputStream plain) throws IOException {
      try {
        return new ZstdInputStream(plain);
      } catch (LinkageError e) {
        throw new IOException(
            file
                + " is compressed by zstd, which is read by a library that is not there.\n"
                + "Maybe add com.github.luben:zstd-jni to the dependencies, or decompress the"
                + " file.",
            e);
      }
    }
  }

  /** A stream whose faults name the file. */
  private static final class Named extends FilterInputStream {
    private final Path file;
    private final String kind;

    Named(Path file, String kind, InputStream stream) {
      super(stream);
      this.file = file;
      this.kind = kind;
    }

    @Override
    public int read() throws IOException {
      try {
        return super.read();
      } catch (IOException e) {
        throw notWhole(file, kind, e);
      }
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      try {
        return super.read(bytes, offset, length);
      } catch (IOException e) {
        throw notWhole(file, kind, e);
      }
    }
  }
}
