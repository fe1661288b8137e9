package org.nemotron.examples.crash;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.tensor.Seed;

/**
 * Runs of several processes of which one is killed by SIGKILL, as often as {@code
 * -Dkill.ranks.count} says, by the seeds from {@code -Dkill.seed} on.
 */
final class KilledRanksTest {
  private static final ImmutableList<String> STAGES =
      ImmutableList.of("library", "scores", "costs", "child");
  private static final double LONGEST_DELAY_SECONDS = 0.6;

  @Test
  @Tag("slow")
  void compress_withARankKilled_namesItAndGoesOnWithAnyNumber(@TempDir Path directory)
      throws IOException, InterruptedException {
    CompressJob job = CompressJob.tiny(directory);
    Path alone = directory.resolve("alone");
    CompressProcess reference = CompressProcess.start(job, alone);
    assertThat(reference.await()).as(reference.errors()).isZero();
    long first = Long.getLong("kill.seed", 1);
    for (long seed = first; seed < first + Integer.getInteger("kill.ranks.count", 2); seed++) {
      Path run = directory.resolve("run-" + seed);
      SplittableRandom random = new Seed(seed).random();
      killed(job, run, random);
      int size = 1 + random.nextInt(3);
      CompressProcess next =
          CompressProcess.start(with(job, size), run, directory.resolve("next-" + seed + ".err"));
      assertThat(next.await()).as("seed %s: %s", seed, next.errors()).isZero();
      assertThat(digests(run)).as("seed %s", seed).isEqualTo(digests(alone));
    }
  }

  private static void killed(CompressJob job, Path run, SplittableRandom random)
      throws IOException, InterruptedException {
    int size = 2 + random.nextInt(2);
    CompressProcess process = CompressProcess.start(with(job, size), run);
    boolean started = process.awaitStage(STAGES.get(random.nextInt(STAGES.size())));
    boolean alive = started && process.outlives(LONGEST_DELAY_SECONDS * random.nextDouble());
    List<ProcessHandle> ranks = process.children();
    if (!alive || ranks.size() < size) {
      assertThat(process.await()).as(process.errors()).isZero();
      return;
    }
    boolean unused = ranks.get(random.nextInt(size)).destroyForcibly();
    assertThat(process.await()).as(process.errors()).isNotZero();
    assertThat(process.errors()).containsPattern("rank [0-2] of " + size + " has been silent for");
    assertThat(ranks).noneMatch(ProcessHandle::isAlive);
  }

  private static CompressJob with(CompressJob job, int processes) {
    return new CompressJob(
        ImmutableList.<String>builder()
            .addAll(job.arguments())
            .add("--processes", Integer.toString(processes))
            .build());
  }

  private static ImmutableSortedMap<String, String> digests(Path run) throws IOException {
    ImmutableSortedMap.Builder<String, String> digests = ImmutableSortedMap.naturalOrder();
    try (Stream<Path> files = Files.walk(run.resolve("library"))) {
      for (Path file :
          Stream.concat(files.filter(Files::isRegularFile), Stream.of(run.resolve("scores.json")))
              .toList()) {
        digests.put(
            run.relativize(file).toString(),
            MoreFiles.asByteSource(file).hash(Hashing.sha256()).toString());
      }
    }
    return digests.buildOrThrow();
  }
}
