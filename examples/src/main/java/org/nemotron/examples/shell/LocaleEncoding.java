package org.nemotron.examples.shell;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;

/** The encoding in which Java gives the names of files to the operating system. */
final class LocaleEncoding {
  static final String NAME =
      System.getProperty("sun.jnu.encoding", Charset.defaultCharset().name());

  static final String ADVICE = "\nMaybe set LC_ALL=C.UTF-8, in which Java opens every name.";

  private LocaleEncoding() {}

  /** Returns what is wrong with a path that cannot be given to the operating system. */
  static String sentence(InvalidPathException fault) {
    boolean beyondAscii = fault.getInput().chars().anyMatch(letter -> letter > 127);
    return beyondAscii && !NAME.equals(StandardCharsets.UTF_8.name())
        ? "Java cannot open names with letters such as those of \""
            + fault.getInput()
            + "\" in this locale ("
            + NAME
            + ")."
            + ADVICE
        : "\"" + fault.getInput() + "\" cannot be a path (" + fault.getReason() + ").";
  }
}
