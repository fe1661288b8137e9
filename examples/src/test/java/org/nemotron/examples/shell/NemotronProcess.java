package org.nemotron.examples.shell;

import com.google.common.base.Splitter;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The command line in a virtual machine of its own, started through a shell script, so that
 * arguments are bytes whatever the locale of this process.
 *
 * @param exitCode of the process
 * @param out what it wrote, as bytes of UTF-8
 * @param err likewise, but for the warnings of the virtual machine
 */
record NemotronProcess(int exitCode, String out, String err) {
  private static final String MACHINES_WARNING = "WARNING: ";

  /** Runs it in {@code directory}, under the locale {@code locale}. */
  static NemotronProcess run(Path directory, Path scratch, String locale, String... arguments)
      throws IOException, InterruptedException {
    Path out = scratch.resolve("out");
    Path err = scratch.resolve("err");
    Path script = scratch.resolve("run.sh");
    Files.writeString(script, script(directory, locale, arguments));
    int exitCode =
        new ProcessBuilder("/bin/sh", script.toString())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start()
            .waitFor();
    return new NemotronProcess(
        exitCode, Files.readString(out), withoutMachinesWarnings(Files.readString(err)));
  }

  /** Newer virtual machines warn of natives and of Unsafe, which JavaCPP uses. */
  private static String withoutMachinesWarnings(String err) {
    return err.lines()
        .filter(line -> !line.isBlank() && !line.startsWith(MACHINES_WARNING))
        .map(line -> line + "\n")
        .collect(Collectors.joining());
  }

  private static String script(Path directory, String locale, String... arguments) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", classPath()));
    words.add("org.nemotron.examples.Main");
    words.addAll(Arrays.asList(arguments));
    return "cd "
        + quoted(directory.toString())
        + "\nunset LANG LC_CTYPE\nexport LC_ALL="
        + locale
        + "\nexec "
        + words.stream().map(NemotronProcess::quoted).collect(Collectors.joining(" "))
        + "\n";
  }

  private static String classPath() {
    return Splitter.on(File.pathSeparatorChar)
        .splitToStream(System.getProperty("java.class.path"))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String quoted(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }
}
