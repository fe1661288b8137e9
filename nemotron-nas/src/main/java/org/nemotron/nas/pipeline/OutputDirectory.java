package org.nemotron.nas.pipeline;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nemotron.core.io.FileFaults;
import org.nemotron.core.io.SealedJson;

/**
 * The directory that a run writes to. Its {@code plan.json} is sealed by a digest, by which a run
 * knows one that a run wrote, and replaces no other.
 */
final class OutputDirectory {
  private OutputDirectory() {}

  /**
   * Checks what can be seen before anything is written.
   *
   * @throws IOException if it is a file, or has a {@code plan.json} that is not as a run wrote it
   */
  static void check(Path directory) throws IOException {
    if (Files.exists(directory) && !Files.isDirectory(directory)) {
      throw new IOException(
          directory
              + " is a file, where the output of a run must be a directory.\n"
              + "Maybe name another output.");
    }
    Path plan = directory.resolve(RunResults.PLAN);
    if (Files.exists(plan) && (Files.isDirectory(plan) || SealedJson.read(plan).isEmpty())) {
      throw new IOException(
          plan
              + " is not as a run wrote it, and a run in "
              + directory
              + " would replace it by its own plan.\n"
              + "Maybe name another output, or keep that file under another name.");
    }
  }

  /**
   * Makes the directory, unless it is there.
   *
   * @throws IOException as {@link #check}, or if it cannot be made
   */
  static void make(Path directory) throws IOException {
    check(directory);
    try {
      Files.createDirectories(directory);
    } catch (FileSystemException e) {
      throw new IOException(
          directory
              + " cannot be made ("
              + FileFaults.words(e)
              + ").\nMaybe the disk is full; or name an output directory that may be written.",
          e);
    }
  }
}
