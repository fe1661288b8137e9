package org.nemotron.examples.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program that keeps one core busy until it is closed, or its parent has ended. */
final class BusyLoop implements AutoCloseable {
  private static final long LOOK_NANOS = 1_000_000_000;

  private final Process process;

  private BusyLoop(Process process) {
    this.process = process;
  }

  /** Starts one on the core of that index, if it can be tied, and returns when it has begun. */
  static BusyLoop on(int core) throws IOException {
    List<String> command = new ArrayList<>();
    if (Tasks.canPin()) {
      List<Integer> cores = Tasks.allowed();
      command.addAll(List.of("taskset", "-c", cores.get(core % cores.size()).toString()));
    }
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            BusyLoop.class.getName()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    if (process.getInputStream().read() < 0) {
      throw new IOException("a busy loop did not start: " + String.join(" ", command));
    }
    return new BusyLoop(process);
  }

  /** Keeps a core busy. */
  public static void main(String[] arguments) {
    System.out.println("busy");
    long looked = System.nanoTime();
    while (true) {
      if (System.nanoTime() - looked > LOOK_NANOS) {
        looked = System.nanoTime();
        if (ProcessHandle.current().parent().filter(ProcessHandle::isAlive).isEmpty()) {
          return;
        }
      }
    }
  }

  boolean isRunning() {
    return process.isAlive();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      boolean unused = process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
