package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.pipeline.CompressionPlan.Inputs;
import org.nemotron.nas.pipeline.TinyRun.Events;
import org.nemotron.nas.report.RunSummary;

final class CompressionTest {
  private static final Compression COMPRESSION =
      Compression.of(Path.of("parent")).text(Path.of("a.txt")).heldOut(Path.of("b.txt"));

  @Test
  void plan_inputsOnly_isTheDefaultPlan() {
    assertThat(COMPRESSION.plan()).isEqualTo(TinyRun.unread());
  }

  @Test
  void plan_severalTextsAndTargets_hasThemInTheirOrder() {
    CompressionPlan plan =
        COMPRESSION
            .text(Path.of("c.txt"))
            .heldOut(Path.of("d.txt"))
            .target(Target.speedup(1.5))
            .target(TinyRun.TINY)
            .plan();
    assertThat(plan.inputs())
        .isEqualTo(
            new Inputs(
                Path.of("parent"),
                ImmutableList.of(Path.of("a.txt"), Path.of("c.txt")),
                ImmutableList.of(Path.of("b.txt"), Path.of("d.txt"))));
    assertThat(plan.targets()).containsExactly(Target.speedup(1.5), TinyRun.TINY);
  }

  @Test
  void plan_changes_areMadeInTheirOrder() {
    Device gpu = new Device("cuda", 0);
    assertThat(COMPRESSION.on(gpu).brief().plan()).isEqualTo(TinyRun.unread().on(gpu).brief());
    assertThat(
            COMPRESSION
                .brief()
                .change(plan -> plan.toBuilder().local(plan.local().withSteps(9)).build())
                .plan()
                .local()
                .steps())
        .isEqualTo(9);
  }

  @Test
  void run_gpuThatIsNotThere_isRefusedBeforeAnythingIsRead(@TempDir Path directory) {
    Compression there = COMPRESSION.on(new Device("cuda", 99));
    assertThatThrownBy(() -> there.run(directory.resolve("run")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("device cuda:99: ");
  }

  @Test
  void plan_noText_isRefused() {
    Compression without = Compression.of(Path.of("parent")).heldOut(Path.of("b.txt"));
    assertThatThrownBy(without::plan)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a compression must have a text(file) to learn from, or documents(source)");
  }

  @Test
  void plan_noHeldOutText_isRefused() {
    Compression without = Compression.of(Path.of("parent")).text(Path.of("a.txt"));
    assertThatThrownBy(without::plan)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a compression must have a heldOut(file) to measure on");
  }

  @Test
  void run_tinyParent_makesTheChildInTheOutput(@TempDir Path directory)
      throws IOException, NoArchitectureException {
    CompressionPlan tiny = TinyRun.in(directory).plan(0, TinyRun.SMALL);
    Events events = new Events();
    Path output = directory.resolve("mine");
    RunSummary summary =
        Compression.of(tiny.inputs().parent())
            .text(directory.resolve("text.txt"))
            .heldOut(directory.resolve("held-out.txt"))
            .change(plan -> tiny.toBuilder().inputs(plan.inputs()).build())
            .listener(events)
            .run(output);
    assertThat(summary.targets()).hasSize(1);
    assertThat(output.resolve("child/model.safetensors")).isNotEmptyFile();
    assertThat(events.finished).contains("library", "child");
  }

  @Test
  @SuppressWarnings("NullAway") // what a caller without it may do
  void nulls_anywhere_areRefusedWhereTheyAreGiven() {
    assertThatThrownBy(() -> Compression.of(null))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("the parent of a compression must be a path, not null");
    assertThatThrownBy(() -> COMPRESSION.text(null))
        .hasMessage("what a compression is given must not be null");
    assertThatThrownBy(() -> COMPRESSION.brief().change(plan -> null).plan())
        .hasMessage("change 2 of a compression returned null; it must return a plan");
    assertThatThrownBy(() -> new Limit(null, Limit.Bound.AT_MOST, 1))
        .hasMessage("a limit must have a quantity, not null");
    assertThatThrownBy(() -> new Limit(Limit.Quantity.SPEEDUP, null, 1))
        .hasMessage("a limit must have a bound, not null");
    assertThatThrownBy(() -> new Target("t", null))
        .hasMessage("target t must have limits, not null");
  }
}
