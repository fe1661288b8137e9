package org.nemotron.examples.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A few kills by SIGKILL in each build; {@link KillFifty} makes more. */
final class KillAndResumeTest {
  private static final int SEED = 4;
  private static final int SIGTERM = 15;

  @Test
  @Tag("slow")
  void compress_killedAndResumed_endsAsIfNobodyHad(@TempDir Path directory)
      throws IOException, InterruptedException {
    CrashHarness.Outcome outcome =
        new CrashHarness(CompressJob.tiny(directory), directory, SEED).run(3, 3);
    assertThat(outcome.differences()).isEmpty();
    assertThat(outcome.kills().values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(3);
  }

  @Test
  void compress_terminated_endsInASentenceAndGoesOnWhenBegunAgain(@TempDir Path directory)
      throws IOException, InterruptedException {
    CompressJob job = CompressJob.tiny(directory);
    Path run = directory.resolve("run");
    CompressProcess process = CompressProcess.start(job, run);
    assertThat(process.awaitStage("library")).isTrue();
    process.terminate();
    assertThat(process.await()).isEqualTo(128 + SIGTERM);
    assertThat(process.errors())
        .contains("nemotron: ending, as soon as the work under way allows")
        .contains("nemotron: " + run + ": cancelled: thread main was interrupted")
        .contains("; finished stages are kept.\nMaybe run it again with the same output")
        .doesNotContain("\tat ");
    CompressProcess next = CompressProcess.start(job, run, directory.resolve("next.err"));
    assertThat(next.await()).as(next.errors()).isZero();
  }

  @Test
  void compress_anotherAtWorkInTheDirectory_isRefusedInASentence(@TempDir Path directory)
      throws IOException, InterruptedException {
    CompressJob job = CompressJob.tiny(directory);
    Path run = directory.resolve("run");
    CompressProcess first = CompressProcess.start(job, run);
    assertThat(first.awaitStage("library")).isTrue();
    CompressProcess second = CompressProcess.start(job, run, directory.resolve("second.err"));
    assertThat(second.await()).isEqualTo(1);
    first.kill();
    assertThat(second.errors())
        .contains(
            "nemotron: "
                + run
                + ": another run is at work in this directory.\n"
                + "Maybe wait for it, or name another output.")
        .doesNotContain("\tat ");
  }

  @Test
  void compress_directoryCannotBeMade_saysSoInASentence(@TempDir Path directory)
      throws IOException, InterruptedException {
    CompressJob job = CompressJob.tiny(directory);
    Path below = directory.resolve("text.txt").resolve("run");
    CompressProcess process =
        CompressProcess.start(job, below, directory.resolve("unwritable.err"));
    assertThat(process.await()).isEqualTo(1);
    assertThat(process.errors())
        .contains(
            "nemotron: "
                + below
                + " cannot be made (Not a directory).\n"
                + "Maybe a file stands where a directory has to be, or the reverse: move it away.")
        .doesNotContain("\tat ");
  }
}
