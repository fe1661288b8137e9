package org.nemotron.examples;

import org.nemotron.examples.benchmark.AttentionBenchmark;
import org.nemotron.examples.benchmark.FormatAccuracy;
import org.nemotron.examples.benchmark.GpuBenchmark;
import org.nemotron.examples.benchmark.RandomModel;
import org.nemotron.examples.benchmark.RanksBenchmark;
import org.nemotron.examples.benchmark.Schedules;
import org.nemotron.examples.benchmark.ServingBenchmark;
import org.nemotron.examples.benchmark.ServingCost;
import org.nemotron.examples.benchmark.ServingLoad;
import org.nemotron.examples.benchmark.SharedCoresBenchmark;
import org.nemotron.examples.benchmark.SpeedKept;
import org.nemotron.examples.benchmark.Table3;
import org.nemotron.examples.benchmark.TokenStoreBenchmark;
import org.nemotron.examples.evaluation.Evaluate;
import org.nemotron.examples.evaluation.MtBenchCommand;
import org.nemotron.examples.pretraining.Pretrain;
import org.nemotron.examples.shell.Shell;
import picocli.CommandLine;
import picocli.CommandLine.Command;

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
      Pretrain.class,
      RandomModel.class,
      Evaluate.class,
      MtBenchCommand.class,
      MeasureCosts.class,
      ReportPictures.class,
      Serve.class,
      ServingBenchmark.class,
      ServingCost.class,
      ServingLoad.class,
      GpuBenchmark.class,
      RanksBenchmark.class,
      Schedules.class,
      Table3.class,
      FormatAccuracy.class,
      SharedCoresBenchmark.class,
      AttentionBenchmark.class,
      TokenStoreBenchmark.class,
      SpeedKept.class
    })
public final class Main {
  private static final String MEMORY_LIMIT = "org.bytedeco.javacpp.maxPhysicalBytes";

  private Main() {}

  /**
   * Runs one subcommand and ends the process with its exit code; without one, prints the usage.
   * Memory is limited by the machine alone, unless JavaCPP's property says otherwise.
   *
   * @param arguments the subcommand and its options
   */
  public static void main(String[] arguments) {
    if (System.getProperty(MEMORY_LIMIT) == null) {
      System.setProperty(MEMORY_LIMIT, "0");
    }
    System.exit(Shell.run(Main::commandLine, arguments));
  }

  static CommandLine commandLine() {
    return Shell.configured(new CommandLine(new Main()));
  }
}
