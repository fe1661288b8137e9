package org.nemotron.core.eval.task;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.base.Throwables;
import com.google.common.collect.ImmutableList;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * A command of the user's that runs a program which a model wrote, such as a container without a
 * network. Such programs may do anything: nothing is run without a command, and what the command
 * keeps them from is the user's choice.
 *
 * <p>A program lies in a directory of its own, which is deleted afterwards. It reads nothing from
 * its standard input, and what it prints is thrown away.
 *
 * @param command the words of the command; {@code {file}} in one of them stands for the program's
 *     file
 * @param limit the longest that a program may run
 * @param parallel how many programs run at a time
 */
public record CodeRunner(ImmutableList<String> command, Duration limit, int parallel) {
  private static final String FILE = "{file}";

  /** Fails in Python, and in every other language that a command is likely to be of. */
  private static final String FAILING = "assert False\n";

  /** What became of a program. */
  public enum Outcome {
    /** It ended with exit code 0 within the limit. */
    PASSED,
    /** It ended with another exit code. */
    FAILED,
    /** It did not end within the limit, and was ended. */
    TIMED_OUT
  }

  /** Checks that the command takes a file, the limit and the number. */
  public CodeRunner {
    checkArgument(
        command.stream().anyMatch(word -> word.contains(FILE)),
        "the command (%s) must contain {file}, which stands for the program to run.\n"
            + "Maybe append it: python3 {file}.",
        String.join(" ", command));
    checkArgument(!limit.isNegative() && !limit.isZero(), "limit (%s) must be positive", limit);
    checkArgument(parallel > 0, "programs at a time (%s) must be positive", parallel);
  }

  /**
   * Checks, by two programs of one line, that the command can be started, that a program which does
   * nothing passes, and that one which fails does not.
   *
   * @throws IOException if it is not so
   * @throws InterruptedException if the thread is interrupted
   */
  public void check() throws IOException, InterruptedException {
    Outcome nothing = run("\n");
    if (nothing != Outcome.PASSED) {
      throw new IOException(
          "the command (%s) %s a program that does nothing.\nMaybe try it by hand with an empty file."
              .formatted(
                  String.join(" ", command),
                  nothing == Outcome.TIMED_OUT
                      ? "does not end within " + seconds() + " s with"
                      : "fails with"));
    }
    if (run(FAILING) == Outcome.PASSED) {
      throw new IOException(
          "the command (%s) ends with exit code 0 though its program fails (%s), so that every"
                  .formatted(String.join(" ", command), FAILING.strip())
              + " program would pass.\nMaybe it has to end with the program's exit code.");
    }
  }

  /** Returns the limit in seconds, as a number without needless zeros. */
  String seconds() {
    double seconds = limit.toMillis() / 1000.0;
    return seconds == Math.rint(seconds)
        ? String.valueOf(Math.round(seconds))
        : String.valueOf(seconds);
  }

  /**
   * Returns what becomes of programs, in their order.
   *
   * @throws IOException if the command cannot be started
   * @throws InterruptedException if the thread is interrupted; running programs are then ended
   */
  public ImmutableList<Outcome> runAll(List<String> programs)
      throws IOException, InterruptedException {
    ExecutorService threads =
        Executors.newFixedThreadPool(
            parallel,
            new ThreadFactoryBuilder().setNameFormat("program-%d").setDaemon(true).build());
    try {
      List<Future<Outcome>> running = new ArrayList<>();
      programs.forEach(program -> running.add(threads.submit(() -> run(program))));
      ImmutableList.Builder<Outcome> outcomes = ImmutableList.builder();
      for (Future<Outcome> one : running) {
        outcomes.add(one.get());
      }
      return outcomes.build();
    } catch (ExecutionException e) {
      Throwable cause = verifyNotNull(e.getCause());
      Throwables.throwIfInstanceOf(cause, IOException.class);
      Throwables.throwIfUnchecked(cause);
      throw new IllegalStateException(cause);
    } finally {
      List<Runnable> unused = threads.shutdownNow();
    }
  }

  /**
   * Returns what becomes of a program.
   *
   * @throws IOException if the command cannot be started
   * @throws InterruptedException if the thread is interrupted; the program is then ended
   */
  public Outcome run(String program) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("program");
    try {
      Path file = Files.writeString(directory.resolve("program.py"), program);
      Process process = start(file);
      try {
        process.getOutputStream().close();
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
          return Outcome.TIMED_OUT;
        }
        return process.exitValue() == 0 ? Outcome.PASSED : Outcome.FAILED;
      } finally {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    } finally {
      delete(directory);
    }
  }

  private static void delete(Path directory) {
    try {
      MoreFiles.deleteRecursively(directory, RecursiveDeleteOption.ALLOW_INSECURE);
    } catch (IOException e) {
      // What a program made as another user stays among the system's temporary files.
    }
  }

  private Process start(Path file) throws IOException {
    List<String> words = command.stream().map(word -> word.replace(FILE, file.toString())).toList();
    try {
      return new ProcessBuilder(words)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start();
    } catch (IOException e) {
      throw new IOException(
          "the command (%s) cannot be started: %s.\nMaybe %s is not installed, or not on the path."
              .formatted(String.join(" ", command), e.getMessage(), command.get(0)),
          e);
    }
  }
}
