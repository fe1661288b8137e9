package org.nemotron.examples.crash;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Kills {@code compress} at random moments of every stage and of its start, and resumes it; the
 * final artifacts must be those of a run that nobody killed.
 *
 * <p>A sequence is one run, killed several times: at first while it starts or in an early stage,
 * then, resumed, in later and later ones. Costs are times, so that no two runs measure the same;
 * therefore the uninterrupted run that a sequence is compared with is given the costs which the
 * sequence measured. It makes all else by itself.
 */
final class CrashHarness {
  private final CompressJob job;
  private final Path directory;
  private final SplittableRandom random;
  private final Map<String, Integer> hits = new TreeMap<>();

  /**
   * Makes a harness.
   *
   * @param directory where runs are made
   * @param seed of the moments
   */
  CrashHarness(CompressJob job, Path directory, long seed) {
    this.job = job;
    this.directory = directory;
    this.random = new SplittableRandom(seed);
  }

  /**
   * What came of it.
   *
   * @param kills by what was under way
   * @param runs how many runs were killed
   * @param differences from uninterrupted runs: none, if all is well
   */
  record Outcome(
      ImmutableMap<String, Integer> kills, int runs, ImmutableList<String> differences) {}

  /**
   * Kills until {@code kills} kills have been made.
   *
   * @param killsPerRun how many fall on one run
   */
  Outcome run(int kills, int killsPerRun) throws IOException, InterruptedException {
    ImmutableMap<String, Double> seconds = measured();
    ImmutableList<String> stages = seconds.keySet().asList();
    stages.forEach(stage -> hits.put(stage, 0));
    List<String> differences = new ArrayList<>();
    int runs = 0;
    int aimed = 0;
    while (made() < kills) {
      KillSequence sequence = new KillSequence(job, seconds, directory.resolve("run-" + runs));
      List<KillSequence.Moment> moments = new ArrayList<>();
      for (int kill = 0; kill < Math.min(killsPerRun, kills - made()); kill++) {
        moments.add(
            new KillSequence.Moment(stages.get(aimed++ % stages.size()), random.nextDouble()));
      }
      moments.sort(Comparator.comparingInt(moment -> stages.indexOf(moment.stage())));
      for (KillSequence.Moment moment : moments) {
        Optional<String> hit = sequence.kill(moment);
        hit.ifPresent(stage -> hits.merge(stage, 1, Integer::sum));
      }
      differences.addAll(sequence.finish());
      runs++;
      System.out.println("run " + runs + ": " + made() + " kills, differences: " + differences);
    }
    return new Outcome(ImmutableMap.copyOf(hits), runs, ImmutableList.copyOf(differences));
  }

  private int made() {
    return hits.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** Returns how long the start and each stage take, from a run that nobody kills. */
  private ImmutableMap<String, Double> measured() throws IOException, InterruptedException {
    Path run = directory.resolve("measured");
    long begin = System.nanoTime();
    CompressProcess process = CompressProcess.start(job, run);
    checkState(process.awaitStage("library"), "compress did not start: %s", process.errors());
    double start = (System.nanoTime() - begin) / 1e9;
    int code = process.await();
    checkState(code == 0, "compress ended with %s: %s", code, process.errors());
    return ImmutableMap.<String, Double>builder()
        .put(KillSequence.START, start)
        .putAll(new RunRecords(run).secondsByStage())
        .buildOrThrow();
  }
}
