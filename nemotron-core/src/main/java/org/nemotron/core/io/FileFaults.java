package org.nemotron.core.io;

import com.google.common.base.CaseFormat;
import java.nio.file.FileSystemException;

/** Faults of files, as reported by the operating system, in words for a sentence. */
public final class FileFaults {
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
}
