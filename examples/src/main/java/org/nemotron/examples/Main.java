package org.nemotron.examples;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line of the examples: one subcommand per program. */
@Command(
    name = "nemotron",
    mixinStandardHelpOptions = true,
    version = "nemotron 0.1.0-SNAPSHOT",
    description = "Compresses Llama-style language models on the JVM.")
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

  static CommandLine commandLine() {
    return new CommandLine(new Main());
  }
}
