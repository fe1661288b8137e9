package org.nemotron.examples.benchmark;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.examples.shell.ModelArgument;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Runs the races of docs/benchmarks.md, and fails where a ratio has fallen below a quarter of what
 * stands there, both by the clock and by the processor time taken.
 */
@Command(
    name = "speed-kept",
    mixinStandardHelpOptions = true,
    description =
        "Compares what makes this library fast with its rivals, in one run; about a minute.")
public final class SpeedKept implements Callable<Integer> {
  @Option(names = "--model", paramLabel = "MODEL", description = "a small trained model")
  private Path model = Path.of("examples/models/tale-7m");

  @Option(names = "--text", paramLabel = "FILE", description = "text for it")
  private Path text = Path.of("examples/data/tinystories.train.txt.gz");

  @Override
  public Integer call() throws IOException {
    Path scratch = Files.createTempDirectory("speed-kept");
    try (SpeedRaces races = new SpeedRaces(ModelArgument.checked(model), text, scratch)) {
      String instructions = torch.get_cpu_capability().getString();
      System.out.println("instructions that LibTorch uses: " + instructions);
      return run(races, SpeedRatios.published(instructions));
    } finally {
      MoreFiles.deleteRecursively(scratch, RecursiveDeleteOption.ALLOW_INSECURE);
    }
  }

  private static int run(SpeedRaces races, SpeedRatios published) throws IOException {
    System.out.printf(
        "%-64s %8s %8s %10s %8s%n", "times faster", "here", "by work", "published", "least");
    int lost = 0;
    for (SpeedRace race : races.all()) {
      SpeedRace.Result result = race.run();
      double least = published.least(race.name());
      lost += result.reaches(least) ? 0 : 1;
      System.out.printf(
          "%-64s %8.2f %8.2f %10.2f %8.2f%s%n",
          race.words(),
          result.byClock(),
          result.byWork(),
          published.of(race.name()),
          least,
          remark(result, least));
    }
    System.out.printf(
        "published for %s: %s, %s%n",
        published.instructions(), published.machine(), published.date());
    return lost == 0 ? 0 : 1;
  }

  private static String remark(SpeedRace.Result result, double least) {
    if (!result.reaches(least)) {
      return "  LOST";
    }
    return result.byClock() < least ? "  slow by the clock alone: a busy machine?" : "";
  }
}
