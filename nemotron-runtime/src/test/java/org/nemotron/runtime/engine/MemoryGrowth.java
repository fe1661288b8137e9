package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.BufferedReader;
import java.io.IOException;

/** Runs a program in a process whose heap has its full size from the start. */
public final class MemoryGrowth {
  private static final String GROWN = "grown ";

  private MemoryGrowth() {}

  /**
   * Returns what {@code program} prints last, behind "grown": by how many bytes its resident memory
   * grew. All that it prints is printed here too.
   */
  public static long residentBytes(Class<?> program, String... arguments)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                ImmutableList.<String>builder()
                    .add(System.getProperty("java.home") + "/bin/java")
                    .add("-Xms96m", "-Xmx96m", "-XX:+AlwaysPreTouch")
                    .add("-Dorg.bytedeco.javacpp.maxPhysicalBytes=0")
                    .add("-cp", System.getProperty("java.class.path"), program.getName())
                    .add(arguments)
                    .build())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String last = "";
    try (BufferedReader output = process.inputReader()) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        System.out.println(line);
        last = line;
      }
    }
    assertThat(process.waitFor()).as(last).isZero();
    assertThat(last).startsWith(GROWN);
    return Long.parseLong(last.substring(GROWN.length()));
  }
}
