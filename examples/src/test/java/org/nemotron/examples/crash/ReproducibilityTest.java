package org.nemotron.examples.crash;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.nas.pipeline.NoArchitectureException;

/** Same seed, same threads, same costs: the same bits of every file, in every stage. */
final class ReproducibilityTest {
  @Test
  void run_twiceWithTheCostsOfTheFirst_leavesTheSameBits(@TempDir Path directory)
      throws IOException, NoArchitectureException {
    InProcess job = new InProcess(directory);
    Path one = directory.resolve("one");
    Path two = directory.resolve("two");
    assertThat(job.run(one).reused).isEmpty();
    giveCosts(one, two);
    assertThat(job.run(two).reused).containsExactly("costs");
    assertThat(ArtifactComparison.differences(two, one)).isEmpty();
  }

  @Test
  void run_otherNumberOfThreads_trainsAndScoresTheSameBits(@TempDir Path directory)
      throws IOException, NoArchitectureException {
    InProcess job = new InProcess(directory);
    Path one = directory.resolve("one");
    Path three = directory.resolve("three");
    assertThat(job.run(one, ImmutableMap.of("/execution/threads", 1)).started).contains("coupled");
    giveCosts(one, three);
    assertThat(job.run(three, ImmutableMap.of("/execution/threads", 3)).started)
        .contains("coupled");
    assertThat(ArtifactComparison.differences(three, one))
        .noneMatch(file -> file.startsWith("library") || file.startsWith("scores"));
    assertThat(three.resolve("library-coupled/trainings.json")).isNotEmptyFile();
  }

  @Test
  void run_otherSeed_trainsOtherBits(@TempDir Path directory)
      throws IOException, NoArchitectureException {
    InProcess job = new InProcess(directory);
    Path seedOne = directory.resolve("seed-1");
    Path seedTwo = directory.resolve("seed-2");
    assertThat(job.run(seedOne).started).contains("library");
    giveCosts(seedOne, seedTwo);
    assertThat(job.run(seedTwo, ImmutableMap.of("/execution/seed", 2)).started).contains("library");
    assertThat(ArtifactComparison.differences(seedTwo, seedOne))
        .contains("library/trainings.json differs", "scores.json differs");
  }

  /** Costs are measured by a clock: a run with those of another one can be compared with it. */
  private static void giveCosts(Path from, Path to) throws IOException {
    Files.createDirectories(to.resolve("stages"));
    for (String file : new String[] {"costs.json", "stages/costs.json"}) {
      Files.copy(from.resolve(file), to.resolve(file));
    }
  }
}
