package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.search.exact.ExactSolver;

/** What a search needs, seen in virtual machines of their own. */
final class LoadedLibrariesTest {
  @Test
  void solve_ownMethodProvesTheOptimum_loadsNoSolverAndNoTensorLibrary() throws Exception {
    String log = run(LargeProblem.class, System.getProperty("java.class.path"), "-verbose:class");
    assertThat(log).contains("score ").contains(ExactSolver.class.getName());
    assertThat(log).doesNotContain("com.google.ortools").doesNotContain("org.bytedeco");
  }

  @Test
  void solve_onlyGuavaBeside_provesTheHardTableInLittleMemory() throws Exception {
    assertThat(run(HardTable.class, searchAlone(), "-Xmx128m"))
        .startsWith("COMPLETE gap 0.0\n")
        .contains("OUT_OF_MEMORY gap small\n")
        .contains("method SCIP needs OR-Tools, which is not on the class path.\nMaybe");
  }

  /** Returns our classes, and of other libraries Guava only. */
  private static String searchAlone() {
    return Splitter.on(File.pathSeparator)
        .splitToStream(System.getProperty("java.class.path"))
        .filter(
            entry ->
                entry.contains("guava-")
                    || entry.contains("failureaccess")
                    || Path.of(entry).toFile().isDirectory())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** Returns what a program prints. */
  private static String run(Class<?> program, String classPath, String option)
      throws IOException, InterruptedException {
    ImmutableList<String> command =
        ImmutableList.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            option,
            "-cp",
            classPath,
            program.getName());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(log).isZero();
    return log;
  }
}
