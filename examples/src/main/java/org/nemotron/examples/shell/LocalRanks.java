package org.nemotron.examples.shell;

import com.google.common.collect.ImmutableList;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.distributed.RankEnvironment;
import org.nemotron.core.tensor.Device;

/**
 * This program several times on this machine, as the ranks of one run: a small torchrun. It sets
 * torchrun's variables, waits for its processes, and ends those that are left when one has failed;
 * they end themselves when it is gone.
 */
public final class LocalRanks {
  /** In a rank's environment: the process that started it. */
  private static final String LAUNCHER = "NEMOTRON_LAUNCHER";

  /** After one has failed, the others need this long to find out who it was, and to say so. */
  private static final long GRACE_SECONDS = 20;

  private static final long END_SECONDS = 50;

  private final List<Process> processes = new ArrayList<>();

  private LocalRanks() {}

  /**
   * Starts {@code size} ranks and returns the exit code of rank 0 when all have ended; that of
   * another one if that has failed and rank 0 has not.
   *
   * @param device what they work on
   * @param main the class to start
   * @param arguments of each
   * @throws IOException if they cannot be started
   */
  public static int run(int size, Device device, Class<?> main, List<String> arguments)
      throws IOException {
    Communicator.loadNatives(device);
    Path directory = Files.createTempDirectory("nemotron-ranks");
    LocalRanks ranks = new LocalRanks();
    try {
      for (int rank = 0; rank < size; rank++) {
        ProcessBuilder builder = new ProcessBuilder(command(main, arguments)).inheritIO();
        builder.environment().putAll(variables(rank, size, directory));
        ranks.processes.add(builder.start());
      }
      return ranks.await();
    } finally {
      ranks.end();
      MoreFiles.deleteRecursively(directory, RecursiveDeleteOption.ALLOW_INSECURE);
    }
  }

  private static ImmutableList<String> command(Class<?> main, List<String> arguments) {
    return ImmutableList.<String>builder()
        .add(Path.of(System.getProperty("java.home"), "bin", "java").toString())
        .addAll(ManagementFactory.getRuntimeMXBean().getInputArguments())
        .add("-cp", System.getProperty("java.class.path"))
        .add(main.getName())
        .addAll(arguments)
        .build();
  }

  private static Map<String, String> variables(int rank, int size, Path directory) {
    return Map.of(
        "RANK",
        Integer.toString(rank),
        "LOCAL_RANK",
        Integer.toString(rank),
        "WORLD_SIZE",
        Integer.toString(size),
        "LOCAL_WORLD_SIZE",
        Integer.toString(size),
        RankEnvironment.STORE_FILE,
        directory.resolve("store").toString(),
        LAUNCHER,
        Long.toString(ProcessHandle.current().pid()));
  }

  private int await() {
    CompletableFuture<Void> all = ended(processes);
    CompletableFuture<Void> failure = new CompletableFuture<>();
    for (Process process : processes.subList(1, processes.size())) {
      var unused =
          process
              .onExit()
              .thenAccept(
                  ended -> {
                    if (ended.exitValue() != 0) {
                      failure.complete(null);
                    }
                  });
    }
    try {
      Object unused = CompletableFuture.anyOf(all, failure, processes.get(0).onExit()).get();
      boolean unusedToo = within(GRACE_SECONDS);
    } catch (InterruptedException e) {
      end(); // their stages end between two steps
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
    end();
    int first = processes.get(0).exitValue();
    return processes.stream()
        .mapToInt(Process::exitValue)
        .filter(code -> first == 0 && code != 0)
        .findFirst()
        .orElse(first);
  }

  private static CompletableFuture<Void> ended(List<Process> processes) {
    return CompletableFuture.allOf(
        processes.stream().map(Process::onExit).toArray(CompletableFuture<?>[]::new));
  }

  /** Returns whether all end within {@code seconds}, whatever interrupts this thread. */
  private boolean within(long seconds) {
    try {
      Object unused =
          Uninterruptibles.getUninterruptibly(ended(processes), seconds, TimeUnit.SECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Asks those that are left to end, and ends them where they do not. */
  private void end() {
    processes.stream().filter(Process::isAlive).forEach(Process::destroy);
    if (!within(END_SECONDS)) {
      processes.stream().filter(Process::isAlive).forEach(Process::destroyForcibly);
      boolean unused = within(END_SECONDS);
    }
  }

  /** In a rank: ends this process when the one that started it is gone. */
  public static void endWithLauncher() {
    String launcher = System.getenv(LAUNCHER);
    if (launcher != null) {
      ProcessHandle.of(Long.parseLong(launcher))
          .ifPresentOrElse(
              process -> {
                var unused = process.onExit().thenRun(LocalRanks::halt);
              },
              LocalRanks::halt);
    }
  }

  private static void halt() {
    Runtime.getRuntime().halt(1);
  }
}
