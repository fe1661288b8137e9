package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.nas.pipeline.TinyRun.Events;

/** A run that is cancelled says so, keeps what it has, and goes on to the same bits. */
final class CancelledRunTest {
  private final Path directory;

  CancelledRunTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @BeforeEach
  void useOneCore() {
    CpuThreads.perOperation(1);
  }

  @AfterEach
  void clear() {
    boolean unused = Thread.interrupted();
  }

  /** Does something once, at a step of a stage. */
  private record AtStep(String stage, long step, Runnable action) implements PipelineListener {
    @Override
    public void advanced(String advanced, long done, long steps) {
      if (advanced.equals(stage) && done == step) {
        action.run();
      }
    }
  }

  private void assertCancelled(CompressionPlan plan, String stage, long step) {
    AtStep interrupting = new AtStep(stage, step, Thread.currentThread()::interrupt);
    assertThatThrownBy(() -> new CompressionPipeline(plan, interrupting).run())
        .as(stage)
        .isExactlyInstanceOf(CancellationException.class)
        .hasMessageStartingWith(plan.execution().output() + ": cancelled: thread ")
        .hasMessageContaining("was interrupted")
        .hasMessageEndingWith(
            "; finished stages are kept.\n"
                + "Maybe run it again with the same output: it goes on from there.");
    assertThat(Thread.interrupted()).as(stage).isTrue();
  }

  private void assertSame(Path other) {
    for (String file :
        new String[] {"child/model.safetensors", "child/config.json", "scores.json"}) {
      assertThat(directory.resolve("run").resolve(file))
          .hasSameBinaryContentAs(other.resolve(file));
    }
  }

  @Test
  void page_ofARunThatEndsEarly_hasTheStagesDone_andTheReportInTheEnd()
      throws IOException, NoArchitectureException {
    CompressionPlan plan = TinyRun.in(directory).plan(0, TinyRun.SMALL);
    Path page = directory.resolve("run/report/index.html");
    assertCancelled(plan, "library", 1);
    assertThat(page).doesNotExist();
    assertCancelled(plan, "costs", 3);
    assertThat(page).content().contains("Compression under way", "library: ", "scores: ");
    assertThat(page).content().contains("small: ").doesNotContain("costs: ");
    assertThat(new CompressionPipeline(plan, new Events()).run().targets()).hasSize(1);
    assertThat(page).content().contains("Compression report").doesNotContain("refresh");
  }

  @Test
  void run_interruptedInEveryStageAndBegunAgain_makesTheSameChild()
      throws IOException, NoArchitectureException {
    TinyRun tiny = TinyRun.in(directory);
    CompressionPlan plan = tiny.plan(0, TinyRun.SMALL);
    assertCancelled(plan, "library", 1);
    assertCancelled(plan, "library", 4);
    assertCancelled(plan, "library", 5); // the last: it is to be written
    assertCancelled(plan, "scores", 2);
    assertCancelled(plan, "costs", 3);
    assertCancelled(plan, "child", 3);
    assertCancelled(plan, "evaluation", 1);
    assertCancelled(plan, "evaluation", 4);
    Events last = new Events();
    assertThat(new CompressionPipeline(plan, last).run().targets()).hasSize(1);
    assertThat(last.started).containsExactly("evaluation");

    Path whole = directory.resolve("whole");
    assertThat(new CompressionPipeline(tiny.plan(whole, 0, TinyRun.SMALL)).run().targets())
        .hasSize(1);
    assertSame(whole);
  }

  @Test
  void run_conditionHolds_endsAndGoesOnWhenBegunAgain()
      throws IOException, NoArchitectureException {
    CompressionPlan plan = TinyRun.in(directory).plan(2, TinyRun.SMALL);
    AtomicBoolean stopped = new AtomicBoolean();
    PipelineListener stopping = new AtStep("coupled", 1, () -> stopped.set(true));
    assertThatThrownBy(
            () -> new CompressionPipeline(plan, stopping).cancelledWhen(stopped::get).run())
        .isExactlyInstanceOf(CancellationException.class)
        .hasMessage(
            plan.execution().output()
                + ": cancelled by the caller; finished stages are kept.\n"
                + "Maybe run it again with the same output: it goes on from there.");
    Events next = new Events();
    assertThat(new CompressionPipeline(plan, next).run().targets()).hasSize(1);
    assertThat(next.reused).containsExactly("library", "scores", "costs");
  }

  @Test
  void run_cancelledBeforeItBegins_writesNothing() throws IOException {
    CompressionPlan plan = TinyRun.in(directory).plan(0, TinyRun.SMALL);
    assertThatThrownBy(() -> new CompressionPipeline(plan).cancelledWhen(() -> true).run())
        .isExactlyInstanceOf(CancellationException.class);
    assertThat(plan.execution().output()).doesNotExist();
  }
}
