package org.nemotron.examples.crash;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** One run that is killed again and again, finished at last, and compared with one that was not. */
final class KillSequence {
  /** In place of a stage: while the program starts and looks through what is stored. */
  static final String START = "start";

  private final CompressJob job;
  private final ImmutableMap<String, Double> seconds;
  private final Path run;

  /**
   * Makes a sequence.
   *
   * @param seconds how long each stage takes, and {@link #START}
   * @param run where; nothing is there yet
   */
  KillSequence(CompressJob job, ImmutableMap<String, Double> seconds, Path run) {
    this.job = job;
    this.seconds = seconds;
    this.run = run;
  }

  /**
   * When to kill.
   *
   * @param stage which is to be under way, or {@link #START}
   * @param fraction how much of it has passed
   */
  record Moment(String stage, double fraction) {}

  /** Starts or resumes the run and kills it; returns what was under way, if it came to that. */
  Optional<String> kill(Moment moment) throws IOException, InterruptedException {
    CompressProcess process = CompressProcess.start(job, run);
    boolean alive = moment.stage().equals(START) || process.awaitStage(moment.stage());
    double delay = seconds.getOrDefault(moment.stage(), 0.0) * moment.fraction();
    boolean killed = alive && process.outlives(delay);
    process.kill();
    if (!killed) {
      return Optional.empty();
    }
    return Optional.of(
        process.startedAny()
            ? new RunRecords(run)
                .underWay(seconds.keySet().stream().filter(s -> !s.equals(START)).toList())
            : START);
  }

  /**
   * Resumes the run to its end, makes an uninterrupted one with the costs that it measured, and
   * returns what differs.
   */
  ImmutableList<String> finish() throws IOException, InterruptedException {
    String unused = complete(run);
    Path reference = run.resolveSibling(run.getFileName() + "-uninterrupted");
    RunRecords given = new RunRecords(reference);
    Files.createDirectories(reference.resolve("stages"));
    Files.copy(run.resolve("costs.json"), reference.resolve("costs.json"));
    Files.copy(new RunRecords(run).record("costs"), given.record("costs"));
    String said = complete(reference);
    checkState(said.contains("costs             reused"), "costs were measured again: %s", said);
    return ArtifactComparison.differences(run, reference);
  }

  private String complete(Path directory) throws IOException, InterruptedException {
    CompressProcess process = CompressProcess.start(job, directory);
    int code = process.await();
    checkState(code == 0, "compress ended with %s: %s", code, process.errors());
    checkState(new RunRecords(directory).isFinished(), "%s has no results", directory);
    return process.errors();
  }
}
