package org.nemotron.core.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A command of the user's that runs a program which a model wrote, such as a container without a
 * network. Such programs may do anything: nothing is run without a command, and what the command
 * keeps them from is the user's choice.
 *
 * @param command the words of the command; {@code {file}} in one of them stands for the program's
 *     file
 * @param limit the longest that a program may run; it counts as wrong then
 */
public record CodeRunner(ImmutableList<String> command, Duration limit) {
  private static final String FILE = "{file}";

  /** Checks that the command takes a file, and the limit. */
  public CodeRunner {
    checkArgument(
        command.stream().anyMatch(word -> word.contains(FILE)),
        "the command (%s) must contain {file}, which stands for the program to run.\n"
            + "Maybe append it: python3 {file}.",
        String.join(" ", command));
    checkArgument(!limit.isNegative() && !limit.isZero(), "limit (%s) must be positive", limit);
  }

  /**
   * Returns whether a program ends well: with exit code 0, within the limit.
   *
   * @throws IOException if the command cannot be started
   * @throws InterruptedException if the thread is interrupted; the program is then ended
   */
  public boolean passes(String program) throws IOException, InterruptedException {
    Path file = Files.createTempFile("program", ".py");
    try {
      Files.writeString(file, program);
      Process process =
          new ProcessBuilder(
                  command.stream().map(word -> word.replace(FILE, file.toString())).toList())
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        process.getOutputStream().close();
        return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS) && process.exitValue() == 0;
      } finally {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    } finally {
      Files.deleteIfExists(file);
    }
  }
}
