package org.nemotron.examples;

import java.io.IOException;
import java.nio.file.FileSystemException;
import org.nemotron.core.io.FileFaults;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.examples.benchmark.FormatAccuracy;
import org.nemotron.examples.benchmark.GpuBenchmark;
import org.nemotron.examples.benchmark.ServingBenchmark;
import org.nemotron.examples.benchmark.SpeedKept;
import org.nemotron.nas.pipeline.NoArchitectureException;
import org.nemotron.runtime.engine.GenerationFailedException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParseResult;

/** The command line of the examples: one subcommand per program. */
@Command(
    name = "nemotron",
    mixinStandardHelpOptions = true,
    version = "nemotron 0.1.0-SNAPSHOT",
    description = "Compresses Llama-style language models on the JVM.",
    subcommands = {
      Compress.class,
      ComposeByHand.class,
      Export.class,
      Generate.class,
      ReportPictures.class,
      ServingBenchmark.class,
      GpuBenchmark.class,
      FormatAccuracy.class,
      SpeedKept.class
    })
public final class Main {
  private Main() {}

  /**
   * Runs one subcommand and ends the process with its exit code; without one, prints the usage.
   *
   * @param arguments the subcommand and its options
   */
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /**
   * What the user can mend is said in a sentence; anything else is a fault of ours, with its trace.
   */
  private static int explain(Exception fault, CommandLine command, ParseResult parsed)
      throws Exception {
    if (fault instanceof FileSystemException file && file.getReason() == null) {
      command.getErr().println("nemotron: " + file.getFile() + ": " + FileFaults.words(file));
      return command.getCommandSpec().exitCodeOnExecutionException();
    }
    if (fault instanceof IOException
        || fault instanceof NoArchitectureException
        || fault instanceof NonFiniteException
        || fault instanceof GenerationFailedException
        || fault instanceof IllegalArgumentException) {
      command.getErr().println("nemotron: " + fault.getMessage());
      return command.getCommandSpec().exitCodeOnExecutionException();
    }
    throw fault;
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(Main::explain);
  }
}
