package org.nemotron.examples.crash;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.nemotron.examples.crash.RefusedWrites.Call;

/**
 * {@link EveryWrite} in a virtual machine of its own.
 *
 * @param code its exit code
 * @param said its output
 */
record RefusedJob(int code, String said) {
  /**
   * Runs it to its end.
   *
   * @param directory for inputs and runs
   * @param calls what is refused
   */
  static RefusedJob run(Path directory, Call... calls) throws IOException, InterruptedException {
    String refused = Stream.of(calls).map(Call::name).collect(Collectors.joining(","));
    ImmutableList<String> command =
        ImmutableList.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Djava.nio.file.spi.DefaultFileSystemProvider=" + RefusingProvider.class.getName(),
            "-Drefused=" + refused,
            "-cp",
            System.getProperty("java.class.path"),
            EveryWrite.class.getName(),
            directory.toString());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new RefusedJob(process.waitFor(), said);
  }
}
