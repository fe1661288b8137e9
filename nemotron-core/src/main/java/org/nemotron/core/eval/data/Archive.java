package org.nemotron.core.eval.data;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** The files of a zip or tar archive, in memory. */
final class Archive {
  /** The most that all files of an archive may have, against archives that unfold without end. */
  private static final long MOST_BYTES = 1L << 30;

  private final ImmutableMap<String, byte[]> files;

  private Archive(ImmutableMap<String, byte[]> files) {
    this.files = files;
  }

  static Archive read(Path file) throws IOException {
    try (InputStream stream = Decompression.open(file)) {
      return new Archive(file.toString().endsWith(".zip") ? zip(file, stream) : tar(file, stream));
    } catch (IOException e) {
      throw new IOException(
          file
              + " cannot be read as an archive ("
              + e.getMessage()
              + ").\nMaybe it was not copied whole.",
          e);
    }
  }

  private static ImmutableMap<String, byte[]> zip(Path file, InputStream stream)
      throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    long[] bytes = new long[1];
    try (ZipInputStream zip = new ZipInputStream(stream)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        if (!entry.isDirectory()) {
          files.put(entry.getName(), read(file, zip, bytes));
        }
      }
    }
    return ImmutableMap.copyOf(files);
  }

  private static ImmutableMap<String, byte[]> tar(Path file, InputStream stream)
      throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    long[] bytes = new long[1];
    try (TarArchiveInputStream tar = new TarArchiveInputStream(stream)) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        if (entry.isFile()) {
          files.put(entry.getName().replaceFirst("^\\./", ""), read(file, tar, bytes));
        }
      }
    }
    return ImmutableMap.copyOf(files);
  }

  private static byte[] read(Path file, InputStream entry, long[] bytes) throws IOException {
    byte[] content = entry.readNBytes((int) (MOST_BYTES - bytes[0] + 1));
    bytes[0] += content.length;
    if (bytes[0] > MOST_BYTES) {
      throw new IOException(file + " unfolds to more than " + MOST_BYTES + " bytes");
    }
    return content;
  }

  /** Returns the bytes of a file, or nothing if the archive lacks it. */
  Optional<byte[]> file(String name) {
    return Optional.ofNullable(files.get(name));
  }
}
