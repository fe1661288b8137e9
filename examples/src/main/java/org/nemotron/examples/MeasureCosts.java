package org.nemotron.examples;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.tensor.Device;
import org.nemotron.examples.shell.ModelArgument;
import org.nemotron.nas.cost.LatencyMeter;
import org.nemotron.nas.cost.MedianInterval;
import org.nemotron.nas.pipeline.CompressionPlan;
import org.nemotron.nas.pipeline.CompressionPlan.Inputs;
import org.nemotron.nas.pipeline.MeasuredCosts;
import org.nemotron.nas.pipeline.MeasuredSpeed;
import org.nemotron.nas.pipeline.PlanFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures on this machine what a run on another searches with. */
@Command(
    name = "measure-costs",
    mixinStandardHelpOptions = true,
    description =
        "Measures on this machine what the alternatives of a plan cost, for a run on another that"
            + " names the file in costs.elsewhere.")
final class MeasureCosts implements Callable<Integer> {
  private static final Path UNREAD = Path.of("unread");

  @Parameters(paramLabel = "PARENT", description = "Hugging Face directory, or GGUF file")
  private Path parent;

  @Option(
      names = "--plan",
      paramLabel = "FILE",
      description = "the plan of the run: search space, scenarios, number of rounds")
  private @Nullable Path plan;

  @Option(names = "--device", paramLabel = "DEVICE", description = "cpu, cuda or cuda:N")
  private String device = "cpu";

  @Option(
      names = "--architectures",
      paramLabel = "FILE",
      description =
          "measures whole models instead, those that a run with the costs in --output asks for in"
              + " this file, and adds their speeds to the costs")
  private @Nullable Path architectures;

  @Option(names = "--output", paramLabel = "FILE", description = "file of the costs")
  private Path output = Path.of("costs-here.json");

  @SuppressWarnings("NullAway.Init") // picocli sets them
  private MeasureCosts() {}

  @Override
  public Integer call() throws IOException {
    CompressionPlan measured = plan();
    MeasuredCosts costs =
        architectures == null ? costs(measured) : withSpeeds(measured, architectures);
    costs.write(output);
    System.out.println("Machine:  " + costs.machine());
    System.out.println("Costs:    " + output);
    return 0;
  }

  private static MeasuredCosts costs(CompressionPlan measured) throws IOException {
    try (ProgressBars bars = new ProgressBars()) {
      long rounds =
          (long) new LatencyMeter(measured.costs().meter()).rounds()
              * measured.costs().scenarios().size();
      bars.started("costs", rounds);
      return MeasuredCosts.measure(measured, done -> bars.advanced("costs", done, rounds));
    }
  }

  private MeasuredCosts withSpeeds(CompressionPlan measured, Path asked) throws IOException {
    MeasuredCosts known = MeasuredCosts.read(output);
    MeasuredCosts costs =
        known.withSpeeds(measured, asked, done -> System.out.println("measured " + done));
    for (MeasuredSpeed speed : costs.speeds()) {
      MedianInterval ratio = speed.rates().ratio(1, 0);
      System.out.printf(
          Locale.ROOT,
          "%.3f ± %.3f times the parent's throughput%n",
          ratio.median(),
          ratio.halfWidth());
    }
    return costs;
  }

  private CompressionPlan plan() throws IOException {
    Path checked = ModelArgument.checked(parent);
    CompressionPlan defaults =
        CompressionPlan.of(new Inputs(checked, ImmutableList.of(UNREAD), ImmutableList.of(UNREAD)));
    CompressionPlan given = plan == null ? defaults : PlanFiles.read(plan, defaults);
    return given.withParent(checked).on(Device.parse(device));
  }
}
