package org.nemotron.examples.benchmark;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Runs the races of docs/benchmarks.md, and fails where a ratio has fallen below half of what
 * stands there.
 */
@Command(
    name = "speed-kept",
    mixinStandardHelpOptions = true,
    description =
        "Compares what makes this library fast with its rivals, in one run; about a minute.")
public final class SpeedKept implements Callable<Integer> {
  @Option(names = "--model", paramLabel = "DIR", description = "a small trained model")
  private Path model = Path.of("examples/models/tale-7m");

  @Option(names = "--text", paramLabel = "FILE", description = "text for it")
  private Path text = Path.of("examples/data/tinystories.train.txt.gz");

  @Override
  public Integer call() throws IOException {
    Path scratch = Files.createTempDirectory("speed-kept");
    try (SpeedRaces races = new SpeedRaces(model, text, scratch)) {
      return run(races, SpeedRatios.published());
    } finally {
      MoreFiles.deleteRecursively(scratch, RecursiveDeleteOption.ALLOW_INSECURE);
    }
  }

  private static int run(SpeedRaces races, SpeedRatios published) throws IOException {
    System.out.printf("%-64s %8s %10s %8s%n", "times faster", "here", "published", "least");
    int lost = 0;
    for (SpeedRace race : races.all()) {
      double ratio = race.ratio();
      double least = published.least(race.name());
      boolean kept = ratio >= least;
      lost += kept ? 0 : 1;
      System.out.printf(
          "%-64s %8.2f %10.2f %8.2f%s%n",
          race.words(), ratio, published.of(race.name()), least, kept ? "" : "  LOST");
    }
    System.out.printf("published: %s, %s%n", published.machine(), published.date());
    return lost == 0 ? 0 : 1;
  }
}
