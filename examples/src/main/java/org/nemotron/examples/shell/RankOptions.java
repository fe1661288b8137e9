package org.nemotron.examples.shell;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.distributed.RankEnvironment;
import org.nemotron.core.tensor.Device;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options of a command that several processes can share the work of. */
public final class RankOptions {
  private static final String PROCESSES = "--processes";
  private static final String GPUS = "--gpus";
  private static final String DEVICE = "--device";

  @Option(
      names = PROCESSES,
      paramLabel = "N",
      description =
          "share the work with N processes of this machine; torchrun, srun and mpirun start ranks"
              + " of several machines")
  private int processes;

  @Option(
      names = GPUS,
      paramLabel = "N",
      description = "share the work with N GPUs of this machine, a process each")
  private int gpus;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  /** Returns {@code given}, or a GPU where GPUs share the work. */
  public String device(String given) {
    return gpus > 0 ? "cuda" : given;
  }

  /**
   * Returns whether this process is to {@linkplain #launch launch} others and do nothing else.
   *
   * @throws IllegalArgumentException if another program has started it as a rank, or both options
   *     are given
   */
  public boolean isLauncher() {
    if (processes == 0 && gpus == 0) {
      return false;
    }
    checkArgument(
        processes >= 0 && gpus >= 0, "there must be at least 1 process, not %s", processes + gpus);
    checkArgument(processes == 0 || gpus == 0, "only one of --processes and --gpus counts");
    checkArgument(
        RankEnvironment.ofProcess().equals(RankEnvironment.ALONE),
        "--processes and --gpus are for a program that has not been started as a rank of several");
    return processes + gpus > 1;
  }

  /** Returns how many processes of this machine are asked for, at least 1. */
  public int count() {
    return Math.max(1, processes + gpus);
  }

  /**
   * Starts the ranks, and returns the exit code when they have ended.
   *
   * @param main the class whose {@code main} takes this command
   * @param device what they work on
   */
  public int launch(Class<?> main, String device) throws IOException {
    return LocalRanks.run(processes + gpus, Device.parse(device(device)), main, argumentsOfRank());
  }

  /** Returns the arguments of a rank: those of this command without how many there are. */
  private List<String> argumentsOfRank() {
    ImmutableSet<String> left =
        gpus > 0 ? ImmutableSet.of(GPUS, DEVICE) : ImmutableSet.of(PROCESSES);
    List<String> all = verifyNotNull(command).root().commandLine().getParseResult().originalArgs();
    List<String> arguments = new ArrayList<>();
    for (int index = 0; index < all.size(); index++) {
      String argument = all.get(index);
      if (left.contains(argument)) {
        index++; // its value
      } else if (left.stream().noneMatch(name -> argument.startsWith(name + "="))) {
        arguments.add(argument);
      }
    }
    if (gpus > 0) {
      arguments.add(DEVICE + "=cuda");
    }
    return arguments;
  }
}
