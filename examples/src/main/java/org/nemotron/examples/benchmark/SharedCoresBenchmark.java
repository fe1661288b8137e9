package org.nemotron.examples.benchmark;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.datatype.guava.GuavaModule;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.nemotron.examples.shell.ModelArgument;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures what is left of a model's speed where other work shares the cores with it. */
@Command(
    name = "shared-cores-benchmark",
    mixinStandardHelpOptions = true,
    description =
        "Measures models beside other work on the same cores: a second generator, busy loops,"
            + " a quota.")
public final class SharedCoresBenchmark implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(arity = "1..*", paramLabel = "MODEL", description = "models to measure")
  private List<Path> models;

  @Option(
      names = "--rounds",
      defaultValue = "5",
      description = "measurements of each condition, in turns (default: ${DEFAULT-VALUE})")
  private int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "1",
      description = "how long one takes on idle cores (default: ${DEFAULT-VALUE})")
  private double seconds;

  @Option(names = "--json", paramLabel = "FILE", description = "also writes the table as JSON")
  private Optional<Path> json = Optional.empty();

  @SuppressWarnings("NullAway.Init") // picocli sets them
  private SharedCoresBenchmark() {}

  @Override
  public Integer call() throws IOException {
    Map<String, ImmutableList<SharedCoresRun.Row>> tables = new LinkedHashMap<>();
    for (Path model : models) {
      try (SharedCoresRun run = new SharedCoresRun(ModelArgument.checked(model), rounds, seconds)) {
        ImmutableList<SharedCoresRun.Row> rows = run.measure();
        tables.put(model.toAbsolutePath().normalize().getFileName().toString(), rows);
        print(model, rows);
      }
    }
    if (json.isPresent()) {
      new ObjectMapper()
          .registerModule(new GuavaModule())
          .writerWithDefaultPrettyPrinter()
          .writeValue(json.orElseThrow().toFile(), tables);
    }
    return 0;
  }

  private void print(Path model, ImmutableList<SharedCoresRun.Row> rows) {
    spec.commandLine().getOut().printf("%s%n", model.getFileName());
    for (SharedCoresRun.Row row : rows) {
      spec.commandLine()
          .getOut()
          .printf(
              "  %-62s %6.1f %% of at least %3.0f %%, %8.1f tokens/s  %s%n",
              row.condition(),
              100 * row.ratio(),
              100 * row.least(),
              row.rate(),
              SharedCoresRun.words(row));
    }
    spec.commandLine().getOut().flush();
  }
}
