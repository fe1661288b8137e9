package org.nemotron.core.eval.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import org.tukaani.xz.XZInputStream;

/** Files compressed by xz, which an optional library reads. */
final class XzFiles {
  private XzFiles() {}

  static InputStream decompressed(Path file, InputStream stream) throws IOException {
    try {
      return Library.open(stream);
    } catch (NoClassDefFoundError e) {
      throw new IOException(
          file
              + " is compressed by xz, which is read by a library that is not there.\n"
              + "Maybe add org.tukaani:xz to the dependencies, or decompress the file.",
          e);
    }
  }

  /** Names the library's classes, so that they are looked for only when they are needed. */
  private static final class Library {
    static InputStream open(InputStream stream) throws IOException {
      return new XZInputStream(stream);
    }
  }
}
