package org.nemotron.core.eval.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.nemotron.core.io.FailedDownloads;

/** Files as they are or compressed by gzip, bzip2 or xz, told apart by their names. */
final class Decompression {
  private Decompression() {}

  /** Returns the bytes in {@code file}, decompressed. */
  static byte[] read(Path file) throws IOException {
    Optional<String> fault = FailedDownloads.fault(file);
    if (fault.isPresent()) {
      throw new IOException(fault.get());
    }
    try (InputStream stream = open(file)) {
      return stream.readAllBytes();
    } catch (NoSuchFileException e) {
      throw e;
    } catch (IOException e) {
      throw new IOException(
          file + " cannot be read (" + e.getMessage() + ").\nMaybe it was not copied whole.", e);
    }
  }

  /** Returns the decompressed content of {@code file}; the caller closes it. */
  static InputStream open(Path file) throws IOException {
    InputStream stream = new BufferedInputStream(Files.newInputStream(file));
    try {
      String name = file.getFileName().toString();
      if (name.endsWith(".gz") || name.endsWith(".tgz")) {
        return new GZIPInputStream(stream);
      } else if (name.endsWith(".bz2")) {
        return new BZip2CompressorInputStream(stream, true);
      } else if (name.endsWith(".xz")) {
        return XzFiles.decompressed(file, stream);
      }
      return stream;
    } catch (IOException | RuntimeException e) {
      stream.close();
      throw e;
    }
  }

  /** Returns the name without the extension of a compression. */
  static String plainName(String name) {
    return name.replaceAll("\\.(gz|bz2|xz)$", "");
  }
}
