package org.nemotron.examples.crash;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** {@code compress} in a virtual machine of its own. */
final class CompressProcess {
  private static final long LONGEST_MINUTES = 20;
  private static final int LOOKS_MILLIS = 2;

  private final Process process;
  private final Path errors;

  private CompressProcess(Process process, Path errors) {
    this.process = process;
    this.errors = errors;
  }

  /** Starts it; what it says on standard error goes beside {@code output}. */
  static CompressProcess start(CompressJob job, Path output) throws IOException {
    return start(job, output, output.resolveSibling(output.getFileName() + ".err"));
  }

  /**
   * Starts it.
   *
   * @param output directory of the run
   * @param errors where what it says on standard error goes
   */
  static CompressProcess start(CompressJob job, Path output, Path errors) throws IOException {
    Process process =
        new ProcessBuilder(command(job, output))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(errors.toFile())
            .start();
    return new CompressProcess(process, errors);
  }

  /** Returns the words that start it. */
  static ImmutableList<String> command(CompressJob job, Path output) {
    return ImmutableList.<String>builder()
        .add(Path.of(System.getProperty("java.home"), "bin", "java").toString())
        .add("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")
        .add("-cp", System.getProperty("java.class.path"))
        .add("org.nemotron.examples.Main", "compress")
        .addAll(job.arguments())
        .add("--output", output.toString())
        .build();
  }

  /** Returns its exit code when it has ended. */
  int await() throws IOException, InterruptedException {
    if (!process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new IOException("compress did not end: " + errors());
    }
    return process.exitValue();
  }

  /** Waits until {@code stage} is under way; returns whether it came to that. */
  boolean awaitStage(String stage) throws IOException, InterruptedException {
    while (process.isAlive()) {
      if (started(stage)) {
        return true;
      }
      Thread.sleep(LOOKS_MILLIS);
    }
    return started(stage);
  }

  /** Returns whether the progress bar of {@code stage} has been seen. */
  private boolean started(String stage) throws IOException {
    return Pattern.compile("(?<![-a-z])" + stage + " +0% ").matcher(errors()).find();
  }

  /** Returns whether any progress bar has been seen. */
  boolean startedAny() throws IOException {
    return errors().contains("  0% ");
  }

  /** Waits so long, or until it ends; returns whether it is alive then. */
  boolean outlives(double seconds) throws InterruptedException {
    return !process.waitFor((long) (seconds * 1e6), TimeUnit.MICROSECONDS);
  }

  /** Ends it as the operating system does when memory runs out: at once, by SIGKILL. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Returns the processes that it has started. */
  ImmutableList<ProcessHandle> children() {
    return process.children().collect(ImmutableList.toImmutableList());
  }

  /** Asks it to end, by SIGTERM. */
  void terminate() {
    process.destroy();
  }

  /** Returns what it has said on standard error. */
  String errors() throws IOException {
    return Files.exists(errors) ? Files.readString(errors) : "";
  }
}
