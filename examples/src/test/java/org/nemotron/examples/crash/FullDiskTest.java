package org.nemotron.examples.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Writes that the operating system refuses half-way: a process that may write only so many bytes to
 * a file gets an error from the call that would write more, as on a full disk, and needs no
 * privilege for it.
 */
@Tag("slow")
final class FullDiskTest {
  /** In blocks of 512 bytes: each lets the run come further, the last to its end. */
  private static final int[] LIMITS = {2, 8, 40, 160, 100_000};

  @Test
  void compress_writesFailHalfWay_endInASentenceAndTheNextRunGoesOn(@TempDir Path directory)
      throws IOException, InterruptedException {
    CompressJob job = CompressJob.tiny(directory);
    Path run = directory.resolve("run");
    for (int limit : LIMITS) {
      Said said = run(job, run, limit);
      if (limit == LIMITS[LIMITS.length - 1]) {
        assertThat(said.code()).as(said.text()).isZero();
      } else {
        assertThat(said.code()).as(said.text()).isEqualTo(1);
        assertThat(said.text())
            .containsPattern("nemotron: .* could not be written \\(File too large\\); what stood")
            .doesNotContain("\tat ");
      }
    }
    assertThat(new RunRecords(run).isFinished()).isTrue();
    Path reference = directory.resolve("undisturbed");
    Files.createDirectories(reference.resolve("stages"));
    for (String file : new String[] {"costs.json", "stages/costs.json"}) {
      Files.copy(run.resolve(file), reference.resolve(file));
    }
    assertThat(CompressProcess.start(job, reference).await()).isZero();
    assertThat(ArtifactComparison.differences(run, reference)).isEmpty();
  }

  private record Said(int code, String text) {}

  private static Said run(CompressJob job, Path output, int limit)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("sh", "-c", "ulimit -f \"$0\"; exec \"$@\"", Integer.toString(limit)));
    command.addAll(CompressProcess.command(job, output));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Said(process.waitFor(), text);
  }
}
