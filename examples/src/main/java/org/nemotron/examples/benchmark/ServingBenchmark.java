package org.nemotron.examples.benchmark;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.datatype.guava.GuavaModule;
import com.google.common.collect.ArrayListMultimap;
import com.google.common.collect.ListMultimap;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.nemotron.core.tensor.Device;
import org.nemotron.examples.benchmark.ServingFigures.BatchSpeed;
import org.nemotron.examples.benchmark.ServingFigures.LoadLatency;
import org.nemotron.examples.benchmark.ServingFigures.ScenarioSpeed;
import org.nemotron.examples.shell.ModelArgument;
import org.nemotron.runtime.engine.EngineSettings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures how fast a parent and its children serve. */
@Command(
    name = "serving-benchmark",
    mixinStandardHelpOptions = true,
    description = "Measures how fast models serve, and writes serving.json and serving.html.")
public final class ServingBenchmark implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(arity = "1..2", paramLabel = "MODEL", description = "the parent, and perhaps a child")
  private List<Path> models;

  @Option(
      names = "--scale",
      defaultValue = "8",
      description = "divides the blog's lengths, 128 to 2048 tokens (default: ${DEFAULT-VALUE})")
  private int scale;

  @Option(
      names = "--batch",
      defaultValue = "16",
      description = "requests of a scenario (default: ${DEFAULT-VALUE})")
  private int batch;

  @Option(
      names = "--requests",
      defaultValue = "64",
      description = "requests of a random load (default: ${DEFAULT-VALUE})")
  private int requests;

  @Option(
      names = "--rounds",
      defaultValue = "3",
      description = "measurements of each model; medians count (default: ${DEFAULT-VALUE})")
  private int rounds;

  @Option(
      names = "--output",
      defaultValue = "serving",
      description = "where to write (default: ${DEFAULT-VALUE})")
  private Path output;

  @Option(
      names = "--device",
      defaultValue = "cpu",
      description = "cpu, cuda or cuda:N (default: ${DEFAULT-VALUE})")
  private String device;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  private ServingBenchmark() {}

  @Override
  public Integer call() throws IOException {
    Files.createDirectories(output); // what is measured for minutes can be written
    List<ServingFigures> figures = measured();
    figures.forEach(this::print);
    new ObjectMapper()
        .registerModule(new GuavaModule())
        .writerWithDefaultPrettyPrinter()
        .writeValue(output.resolve("serving.json").toFile(), figures);
    String machine =
        String.format(
            Locale.ROOT,
            "%s, %d cores, %s, Java %s; lengths are the blog's divided by %d; median of rounds in turns: %d.",
            device,
            Runtime.getRuntime().availableProcessors(),
            System.getProperty("os.arch"),
            System.getProperty("java.version"),
            scale,
            rounds);
    Files.writeString(output.resolve("serving.html"), ServingPage.render(figures, machine));
    out().printf("wrote %s and serving.json%n", output.resolve("serving.html"));
    return 0;
  }

  /** The models take turns, so that a disturbance of the machine meets all alike. */
  private List<ServingFigures> measured() throws IOException {
    EngineSettings settings = EngineSettings.defaults(Device.parse(device));
    for (Path model : models) {
      Path unused = ModelArgument.checked(model);
    }
    ListMultimap<Path, ServingFigures> taken = ArrayListMultimap.create();
    for (int round = 0; round < rounds; round++) {
      for (Path model : models) {
        taken.put(model, new ServingRun(settings, scale, batch, requests).measure(model));
      }
    }
    return models.stream().map(model -> ServingFigures.median(taken.get(model))).toList();
  }

  private void print(ServingFigures figures) {
    out().printf(Locale.ROOT, "%s, %,d parameters%n", figures.model(), figures.parameters());
    for (ScenarioSpeed one : figures.scenarios()) {
      out()
          .printf(
              Locale.ROOT,
              "  prompt %4d output %4d batch %d: %8.1f tokens/s%n",
              one.promptTokens(),
              one.outputTokens(),
              one.batch(),
              one.tokensPerSecond());
    }
    for (BatchSpeed one : figures.curve()) {
      out()
          .printf(
              Locale.ROOT,
              "  batch %2d: %8.1f tokens/s, %6.1f per user%n",
              one.batch(),
              one.perServer(),
              one.perUser());
    }
    for (LoadLatency one : figures.loads()) {
      out()
          .printf(
              Locale.ROOT,
              "  %6.2f requests/s: first token p50 %.0f ms, p99 %.0f ms; next p50 %.1f, p99 %.1f%n",
              one.requestsPerSecond(),
              one.firstTokenP50(),
              one.firstTokenP99(),
              one.perTokenP50(),
              one.perTokenP99());
    }
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
