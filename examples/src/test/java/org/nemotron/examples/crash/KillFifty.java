package org.nemotron.examples.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fifty kills, or as many as {@code -Dkill.count} says, at the moments of {@code -Dkill.seed}, of
 * runs with a tiny parent or, with {@code -Dkill.parent=shipped}, with the one that comes along.
 * Takes minutes; not among the tests that every build runs.
 */
final class KillFifty {
  private static final int KILLS_PER_RUN = 10;

  @Test
  void compress_killedAtRandomMomentsOfEveryStage_endsAsIfNobodyHad(@TempDir Path directory)
      throws IOException, InterruptedException {
    long seed = Long.getLong("kill.seed", 1);
    boolean shipped = System.getProperty("kill.parent", "tiny").equals("shipped");
    CompressJob job = shipped ? CompressJob.shipped() : CompressJob.tiny(directory);
    CrashHarness.Outcome outcome =
        new CrashHarness(job, directory, seed)
            .run(Integer.getInteger("kill.count", 50), KILLS_PER_RUN);
    System.out.println("seed " + seed + ", runs killed: " + outcome.runs());
    outcome.kills().forEach((stage, kills) -> System.out.printf("%-16s %3d%n", stage, kills));
    assertThat(outcome.differences()).isEmpty();
    assertThat(outcome.kills().values()).allSatisfy(kills -> assertThat(kills).isPositive());
  }
}
