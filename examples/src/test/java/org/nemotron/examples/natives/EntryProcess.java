package org.nemotron.examples.natives;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A virtual machine that has begun with the library.
 *
 * @param out what {@link EntryPoints} printed
 * @param err what anything wrote on standard error, but for the virtual machine's own warnings
 */
record EntryProcess(String out, String err) {
  private static final String MACHINES_WARNING = "WARNING: ";

  /**
   * Runs it.
   *
   * @param entries ways to begin
   * @param kept which jars are on its class path, by their names
   * @param options of the virtual machine
   */
  static EntryProcess run(ImmutableList<String> entries, Predicate<String> kept, String... options)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", classPath(kept), EntryPoints.class.getName()));
    command.addAll(entries);
    Path errors = Files.createTempFile("entries", ".err");
    try {
      Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new EntryProcess(out, withoutMachinesWarnings(Files.readString(errors)));
    } finally {
      Files.delete(errors);
    }
  }

  private static String classPath(Predicate<String> kept) {
    return Splitter.on(File.pathSeparatorChar)
        .splitToStream(System.getProperty("java.class.path"))
        .filter(entry -> kept.test(Path.of(entry).getFileName().toString()))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String withoutMachinesWarnings(String err) {
    return err.lines()
        .filter(line -> !line.isBlank() && !line.startsWith(MACHINES_WARNING))
        .collect(Collectors.joining("\n"));
  }
}
