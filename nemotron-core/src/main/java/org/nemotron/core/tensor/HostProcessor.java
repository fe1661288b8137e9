package org.nemotron.core.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The processor of this machine. */
public final class HostProcessor {
  private static final Path LINUX = Path.of("/proc/cpuinfo");
  private static final String MODEL = "model name";

  private HostProcessor() {}

  /**
   * Returns what the processor calls itself, where Linux says so ("AMD EPYC"), otherwise the name
   * of its architecture ("aarch64").
   */
  public static String model() {
    try {
      return model(Files.readAllLines(LINUX));
    } catch (IOException e) { // not Linux, or a container that hides it
      return architecture();
    }
  }

  /** Returns the same of these lines of Linux's report. */
  static String model(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith(MODEL))
        .map(line -> line.substring(line.indexOf(':') + 1).replaceAll("\\s+", " ").strip())
        .filter(name -> !name.isEmpty())
        .findFirst()
        .orElseGet(HostProcessor::architecture);
  }

  private static String architecture() {
    return System.getProperty("os.arch");
  }
}
