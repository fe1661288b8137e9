package org.nemotron.examples.benchmark;

import com.google.common.base.Joiner;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** What the operating system lets this process have of the processor, for a while. */
final class Tasks {
  private static final int PERIOD_MICROS = 100_000;
  private static final Pattern ALLOWED = Pattern.compile("Cpus_allowed_list:\\s*([0-9,-]+)");

  private Tasks() {}

  /** What is undone on closing. */
  interface Limit extends AutoCloseable {
    @Override
    void close() throws IOException;
  }

  /** Returns whether threads can be tied to cores. */
  static boolean canPin() throws IOException {
    return Files.isExecutable(Path.of("/usr/bin/taskset")) && !allowed().isEmpty();
  }

  /** Returns the numbers of the cores that this process may use; none where it cannot be told. */
  static ImmutableList<Integer> allowed() throws IOException {
    Path status = Path.of("/proc/self/status");
    return Files.exists(status) ? allowed(Files.readString(status)) : ImmutableList.of();
  }

  static ImmutableList<Integer> allowed(String status) {
    ImmutableList.Builder<Integer> cores = ImmutableList.builder();
    Matcher list = ALLOWED.matcher(status);
    if (list.find()) {
      for (String range : Splitter.on(',').split(list.group(1))) {
        List<String> ends = Splitter.on('-').splitToList(range);
        IntStream.rangeClosed(
                Integer.parseInt(ends.get(0)), Integer.parseInt(ends.get(ends.size() - 1)))
            .forEach(cores::add);
      }
    }
    return cores.build();
  }

  /** Ties all threads of this process to one core. */
  static Optional<Limit> oneCore() throws IOException {
    if (!canPin()) {
      return Optional.empty();
    }
    ImmutableList<Integer> cores = allowed();
    pin(cores.get(0).toString());
    return Optional.of(() -> pin(Joiner.on(',').join(cores)));
  }

  private static void pin(String cores) throws IOException {
    Process process =
        new ProcessBuilder(
                "taskset", "-a", "-cp", cores, Long.toString(ProcessHandle.current().pid()))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      if (process.waitFor() != 0) {
        throw new IOException("taskset could not tie this process to core " + cores);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Moves this process to a new cgroup with a quota; empty where none can be made. */
  static Optional<Limit> quota(double cores) throws IOException {
    Path groups = Path.of("/proc/self/cgroup");
    for (String line : Files.exists(groups) ? Files.readAllLines(groups) : List.<String>of()) {
      List<String> parts = Splitter.on(':').limit(3).splitToList(line);
      boolean legacy = Splitter.on(',').splitToList(parts.get(1)).contains("cpu");
      Path root = Path.of("/sys/fs/cgroup", legacy ? "cpu" : "");
      Path here = root.resolve(parts.get(2).substring(1));
      if ((legacy || parts.get(1).isEmpty()) && Files.isWritable(here.resolve("cgroup.procs"))) {
        Path group = here.resolve("nemotron-benchmark-" + ProcessHandle.current().pid());
        try {
          return Optional.of(moved(here, group, legacy, (long) (cores * PERIOD_MICROS)));
        } catch (IOException e) {
          Files.deleteIfExists(group); // this hierarchy does not limit processors
        }
      }
    }
    return Optional.empty();
  }

  private static Limit moved(Path here, Path group, boolean legacy, long micros)
      throws IOException {
    Files.createDirectories(group);
    if (legacy) {
      write(group.resolve("cpu.cfs_period_us"), Long.toString(PERIOD_MICROS));
      write(group.resolve("cpu.cfs_quota_us"), Long.toString(micros));
    } else {
      write(group.resolve("cpu.max"), micros + " " + PERIOD_MICROS);
    }
    String self = Long.toString(ProcessHandle.current().pid());
    write(group.resolve("cgroup.procs"), self);
    return () -> {
      write(here.resolve("cgroup.procs"), self);
      Files.delete(group);
    };
  }

  private static void write(Path file, String text) throws IOException {
    if (!Files.exists(file)) {
      throw new IOException(file + " is missing");
    }
    Files.writeString(file, text);
  }
}
