package org.nemotron.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.nemotron.core.tensor.LeakTracing;

/** That an object whose making fails leaves nothing behind. */
final class FailedConstructionTest {
  @Test
  void new_laterPartThatFails_closesTheEarlierOnes() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "-D" + LeakTracing.PROPERTY + "=true",
                "-cp",
                System.getProperty("java.class.path"),
                FailedConstructionProgram.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output)
        .contains("model left 0", "half model left 0", "memory left 0", "block left 0");
  }
}
