package org.nemotron.nas;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** What can happen to a file between two runs. */
public enum CorruptedFiles {
  /** One bit in the middle is another. */
  FLIPPED,
  /** The second half is gone. */
  TRUNCATED,
  /** It is gone. */
  DELETED;

  /** Does it to {@code file}. */
  public void to(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    switch (this) {
      case FLIPPED -> {
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
      }
      case TRUNCATED -> Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
      case DELETED -> Files.delete(file);
    }
  }
}
