package org.nemotron.examples.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.examples.crash.RefusedWrites.Call;

/**
 * The disk is full at each file that a run writes, once; the run is begun again each time, and ends
 * as if nothing had happened. {@link EveryCallLong} does it with every call.
 */
@Tag("slow")
final class EveryWriteTest {
  @Test
  void run_diskFullAtEveryFileInTurn_saysSoEachTimeAndEndsAsIfItHadNot(@TempDir Path directory)
      throws IOException, InterruptedException {
    RefusedJob job = RefusedJob.run(directory, Call.WRITE);
    assertThat(job.code()).as(job.said()).isZero();
    for (String file :
        new String[] {
          "plan.json",
          "library/manifest.json",
          "library/trainings.json",
          "scores.json",
          "costs.json",
          "library-coupled/manifest.json",
          "scores-coupled.json",
          "solutions.json",
          "checkpoints/child/optimizer.pt",
          "checkpoints/child/state.json",
          "child/model.safetensors",
          "child/README.md",
          "child-distillation.json",
          "stages/child-tiny.json",
          "report/summary.json",
          "report/index.html",
          "stages/results.json"
        }) {
      assertThat(job.said()).contains("Refused[call=WRITE, file=" + file + ", time=1]");
    }
    assertThat(job.said()).contains("file=checkpoints/child/current.safetensors, time=2]");
  }
}
