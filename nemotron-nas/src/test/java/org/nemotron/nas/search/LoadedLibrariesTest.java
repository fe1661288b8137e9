package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.search.exact.ExactSolver;

/** What a search loads, seen in a virtual machine of its own. */
final class LoadedLibrariesTest {
  @Test
  void solve_ownMethodProvesTheOptimum_loadsNoSolverAndNoTensorLibrary() throws Exception {
    String log = runVerbosely(LargeProblem.class);
    assertThat(log).contains("score ").contains(ExactSolver.class.getName());
    assertThat(log).doesNotContain("com.google.ortools").doesNotContain("org.bytedeco");
  }

  /** Returns what a program prints, and the name of every class that is loaded. */
  private static String runVerbosely(Class<?> program) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-verbose:class",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName())
            .redirectErrorStream(true)
            .start();
    String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    return log;
  }
}
