package org.nemotron.examples.evaluation;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.nemotron.core.eval.task.BenchmarkTask;
import org.nemotron.core.eval.task.CodeRunner;
import org.nemotron.core.eval.task.CodeSamples;
import org.nemotron.core.eval.task.Sampling;
import org.nemotron.core.tensor.Seed;
import picocli.CommandLine.Option;

/** How many programs of a problem are drawn, and by which command they are run. */
final class CodeOptions {
  private static final double MILLIS = 1e3;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "1",
      description = "programs of each problem, such as those of humaneval (default: 1)")
  private int samples = 1;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      defaultValue = "0",
      description = "at which programs are drawn; 0 takes the likeliest token (default: 0)")
  private double temperature;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      defaultValue = "1",
      description =
          "draws among the fewest likeliest tokens that together have this probability (default: 1)")
  private double topP = 1;

  @Option(
      names = "--seed",
      defaultValue = "0",
      description = "of what is drawn in programs (default: ${DEFAULT-VALUE})")
  private long seed;

  @Option(
      names = "--pass-at",
      paramLabel = "K",
      split = ",",
      description = "the k of pass@k, each up to --samples (default: 1, 10 and 100)")
  private List<Integer> passAt = List.of();

  @Option(
      names = "--run-code",
      paramLabel = "COMMAND",
      description =
          "runs a program, {file} in it, with its tests, such as \"sandbox.sh {file}\"; the exit"
              + " code 0 says that they pass. Programs of models may do anything: use a container"
              + " (default: none is run)")
  private Optional<String> command = Optional.empty();

  @Option(
      names = "--run-limit",
      paramLabel = "SECONDS",
      defaultValue = "3",
      description = "the longest that a program may run (default: ${DEFAULT-VALUE})")
  private double limit = 3;

  @Option(
      names = "--run-parallel",
      paramLabel = "N",
      defaultValue = "4",
      description = "programs that run at a time (default: ${DEFAULT-VALUE})")
  private int parallel = 4;

  /**
   * Checks what was given, and tries the command.
   *
   * @throws IllegalArgumentException if something is wrong, or no task asks for programs
   * @throws IOException if the command does not run programs
   * @throws InterruptedException if the thread is interrupted
   */
  void check(List<BenchmarkTask> tasks) throws IOException, InterruptedException {
    Sampling unused = sampling();
    boolean wanted = samples > 1 || temperature > 0 || command.isPresent() || !passAt.isEmpty();
    checkArgument(
        !wanted || tasks.stream().anyMatch(BenchmarkTask::asksForPrograms),
        "--samples, --temperature, --pass-at and --run-code need a task that asks for programs,"
            + " such as humaneval");
    for (int k : passAt) {
      checkArgument(
          0 < k && k <= samples, "--pass-at (%s) must be from 1 to --samples (%s)", k, samples);
    }
    Optional<CodeRunner> runner = runner();
    if (runner.isPresent()) {
      runner.get().check();
    }
  }

  private Sampling sampling() {
    return new Sampling(samples, temperature, topP, new Seed(seed));
  }

  /** Returns the task with its samples, if it asks for programs. */
  BenchmarkTask sampled(BenchmarkTask task) {
    return task.asksForPrograms() ? task.withSampling(sampling()) : task;
  }

  /** Returns the k of pass@k. */
  ImmutableList<Integer> ks() {
    return passAt.isEmpty() ? CodeSamples.quoted(samples) : ImmutableSet.copyOf(passAt).asList();
  }

  /** Returns what runs programs, if a command is named. */
  Optional<CodeRunner> runner() {
    return command.map(
        words -> {
          checkArgument(
              CharMatcher.anyOf("'\"").matchesNoneOf(words),
              "--run-code (%s) must have no quotes: its words are divided by spaces.\n"
                  + "Maybe put the command into a script.",
              words);
          return new CodeRunner(
              ImmutableList.copyOf(
                  Splitter.on(CharMatcher.whitespace()).omitEmptyStrings().split(words)),
              Duration.ofMillis(Math.round(limit * MILLIS)),
              parallel);
        });
  }
}
