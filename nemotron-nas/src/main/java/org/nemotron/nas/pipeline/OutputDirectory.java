package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nemotron.core.io.FileFaults;
import org.nemotron.core.io.SealedJson;

/**
 * The directory that a run writes to. Its {@code plan.json} is sealed by a digest, by which a run
 * knows one that a run wrote. It replaces no other, but where finished stages lie beside it: that
 * is the directory of a run, whose plan somebody has changed.
 */
final class OutputDirectory {
  private OutputDirectory() {}

  /**
   * Checks what can be seen before anything is written.
   *
   * @throws IOException if it or its {@code report} is a file, or it has a {@code plan.json} that
   *     is not as a run wrote it, and no finished stage
   */
  static void check(Path directory) throws IOException {
    for (Path made : ImmutableList.of(directory, directory.resolve("report"))) {
      if (Files.exists(made) && !Files.isDirectory(made)) {
        throw new IOException(
            made
                + " is a file, where a run needs a directory.\n"
                + "Maybe name another output, or move the file away.");
      }
    }
    Path plan = directory.resolve(RunResults.PLAN);
    if (Files.exists(plan) && !isOfARun(directory, plan)) {
      throw new IOException(
          plan
              + " is not as a run wrote it, and a run in "
              + directory
              + " would replace it by its own plan.\n"
              + "Maybe name another output, or keep that file under another name.");
    }
  }

  private static boolean isOfARun(Path directory, Path plan) throws IOException {
    return !Files.isDirectory(plan)
        && (SealedJson.read(plan).isPresent() || !StoredStage.names(directory).isEmpty());
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
              + ").\n"
              + FileFaults.remedyOfWriting(e),
          e);
    }
  }
}
