package org.nemotron.core.tensor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The machine's memory. */
public final class HostMemory {
  private static final Path LINUX = Path.of("/proc/meminfo");
  private static final String AVAILABLE = "MemAvailable:";
  private static final int BYTES_PER_UNIT = 1024;

  private HostMemory() {}

  /**
   * Returns how many bytes programs may still take without others being swapped out, as Linux
   * reckons it; elsewhere, what this program's heap may still grow by.
   */
  public static long availableBytes() {
    if (Files.isReadable(LINUX)) {
      try {
        return availableBytes(Files.readAllLines(LINUX));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return heapRoom();
  }

  /** Returns the same of these lines of Linux's report. */
  static long availableBytes(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith(AVAILABLE))
        .map(line -> line.substring(AVAILABLE.length()).replace("kB", "").strip())
        .mapToLong(number -> Long.parseLong(number) * BYTES_PER_UNIT)
        .findFirst()
        .orElseGet(HostMemory::heapRoom);
  }

  private static long heapRoom() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
  }
}
