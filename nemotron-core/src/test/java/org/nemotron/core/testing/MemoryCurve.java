package org.nemotron.core.testing;

import static com.google.common.collect.ImmutableList.toImmutableList;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.nemotron.core.tensor.MemoryUse;

/**
 * What a program had in use over time, in a process of its own.
 *
 * @param points in the order of time
 */
public record MemoryCurve(ImmutableList<Point> points) {
  /**
   * A moment.
   *
   * @param what the program did
   * @param step how often it had done it
   * @param use what it had in use then
   */
  public record Point(String what, long step, MemoryUse use) {
    private static Point parse(String line) {
      List<String> words = Splitter.on(' ').splitToList(line);
      return new Point(words.get(0), number(words, 1), use(words));
    }

    private static MemoryUse use(List<String> words) {
      return new MemoryUse(number(words, 2), number(words, 3), number(words, 4), number(words, 5));
    }

    private static long number(List<String> words, int index) {
      return Long.parseLong(words.get(index));
    }
  }

  /**
   * Runs {@code program}, which prints points as {@code WHAT STEP RESIDENT TRACKED OBJECTS HEAP},
   * and prints them as a table.
   */
  public static MemoryCurve of(Class<?> program, int... arguments)
      throws IOException, InterruptedException {
    return of(
        ImmutableList.of(
            "-Xms128m",
            "-Xmx128m",
            "-XX:+AlwaysPreTouch",
            "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0"),
        program,
        arguments);
  }

  /**
   * Runs {@code program} without a garbage collector: every native object that nobody closed is
   * counted, though the collector would have freed it some time.
   */
  public static MemoryCurve uncollected(Class<?> program, int... arguments)
      throws IOException, InterruptedException {
    return of(
        ImmutableList.of(
            "-XX:+UnlockExperimentalVMOptions", "-XX:+UseEpsilonGC", "-Xlog:disable", "-Xmx3g"),
        program,
        arguments);
  }

  private static MemoryCurve of(ImmutableList<String> options, Class<?> program, int... arguments)
      throws IOException, InterruptedException {
    ImmutableList.Builder<String> command = ImmutableList.builder();
    command.add(System.getProperty("java.home") + "/bin/java").addAll(options);
    command.add("-cp", System.getProperty("java.class.path"), program.getName());
    for (int argument : arguments) {
      command.add(Integer.toString(argument));
    }
    Process process =
        new ProcessBuilder(command.build()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    MemoryCurve curve =
        new MemoryCurve(output.lines().map(Point::parse).collect(toImmutableList()));
    System.out.println(curve.table());
    return curve;
  }

  /** Returns the points at which the program did {@code what}. */
  public MemoryCurve doing(String what) {
    return new MemoryCurve(
        points.stream().filter(point -> point.what().equals(what)).collect(toImmutableList()));
  }

  /** Returns by how many native objects the last point exceeds point {@code first}. */
  public long grownObjects(int first) {
    return last().nativeObjects() - points.get(first).use().nativeObjects();
  }

  /** Returns by how many bytes of resident memory the last point exceeds point {@code first}. */
  public long grownResidentBytes(int first) {
    return last().residentBytes() - points.get(first).use().residentBytes();
  }

  /** Returns by how many bytes of Java objects the last point exceeds point {@code first}. */
  public long grownHeapBytes(int first) {
    return last().heapBytes() - points.get(first).use().heapBytes();
  }

  private MemoryUse last() {
    return Iterables.getLast(points).use();
  }

  /** Returns the points as a table in MiB. */
  public String table() {
    StringBuilder table =
        new StringBuilder("| work | done | resident MiB | JavaCPP KiB | objects | heap MiB |\n");
    table.append("|---|---|---|---|---|---|\n");
    for (Point point : points) {
      MemoryUse use = point.use();
      table.append(
          String.format(
              "| %s | %,d | %.1f | %.1f | %,d | %.1f |%n",
              point.what(),
              point.step(),
              use.residentBytes() / 1048576.0,
              use.trackedBytes() / 1024.0,
              use.nativeObjects(),
              use.heapBytes() / 1048576.0));
    }
    return table.toString();
  }
}
