package org.nemotron.examples.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.examples.crash.RefusedWrites.Call;

/**
 * The disk is full at each directory made and each file opened, written, synced or renamed, once.
 * Takes minutes; not among the tests that every build runs.
 */
final class EveryCallLong {
  @Test
  void run_diskFullAtEveryCallInTurn_saysSoEachTimeAndEndsAsIfItHadNot(@TempDir Path directory)
      throws IOException, InterruptedException {
    RefusedJob job = RefusedJob.run(directory, Call.values());
    System.out.println(job.said());
    assertThat(job.code()).as(job.said()).isZero();
    assertThat(job.said()).contains("MAKE_DIRECTORY", "RENAME", "SYNC", "OPEN", "WRITE");
  }
}
