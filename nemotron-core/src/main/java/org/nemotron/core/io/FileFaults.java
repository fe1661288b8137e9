package org.nemotron.core.io;

import com.google.common.base.CaseFormat;
import com.google.common.collect.ImmutableSet;
import java.nio.file.FileSystemException;

/** Faults of files, as reported by the operating system, in words for a sentence. */
public final class FileFaults {
  private static final ImmutableSet<String> IN_THE_WAY =
      ImmutableSet.of(
          "file already exists",
          "File exists",
          "Not a directory",
          "not directory",
          "Is a directory",
          "Directory not empty",
          "directory not empty");

  private static final ImmutableSet<String> NOT_PERMITTED =
      ImmutableSet.of(
          "access denied",
          "no such file",
          "Permission denied",
          "Operation not permitted",
          "Read-only file system");

  private FileFaults() {}

  /**
   * Returns why a file could not be read or written, without its name: the reason given, for
   * example {@code No space left on device}, or the kind of fault, for example {@code access
   * denied}.
   */
  public static String words(FileSystemException fault) {
    String reason = fault.getReason();
    if (reason != null) {
      return reason;
    }
    String kind =
        fault.getClass().getSimpleName().replace("FileSystem", "").replace("Exception", "");
    return kind.isEmpty()
        ? "refused"
        : CaseFormat.UPPER_CAMEL.to(CaseFormat.LOWER_HYPHEN, kind).replace('-', ' ');
  }

  /**
   * Returns what may help where a file could not be written, as a sentence that begins with
   * "Maybe".
   */
  public static String remedyOfWriting(Throwable fault) {
    String words = fault instanceof FileSystemException file ? words(file) : "";
    if (IN_THE_WAY.contains(words)) {
      return "Maybe a file stands where a directory has to be, or the reverse: move it away.";
    }
    return NOT_PERMITTED.contains(words)
        ? "Maybe name a directory that may be written to."
        : "Maybe the disk is full, or the directory may not be written to.";
  }
}
