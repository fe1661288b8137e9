package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.pipeline.TinyRun.Events;
import org.nemotron.nas.report.RunSummary;

final class CompressionPipelineTest {
  @BeforeEach
  void useOneCore() {
    CpuThreads.perOperation(1);
  }

  private static RunSummary run(CompressionPlan plan, Events events)
      throws IOException, NoArchitectureException {
    return new CompressionPipeline(plan, events).run();
  }

  @Test
  void run_tinyParent_makesAllOnceThenReusesAndAddsATarget(@TempDir Path directory)
      throws IOException, NoArchitectureException {
    TinyRun tiny = TinyRun.in(directory);
    Events first = new Events();
    RunSummary summary = run(tiny.plan(2, TinyRun.SMALL), first);
    assertThat(first.started)
        .containsSubsequence("library", "scores", "costs", "child", "evaluation");
    assertThat(first.finished).isEqualTo(first.started);
    for (String file :
        new String[] {
          "plan.json",
          "library/manifest.json",
          "scores.json",
          "costs.json",
          "solutions.json",
          "child/config.json",
          "child/model.safetensors",
          "child/generation_config.json",
          "child/tokenizer.json",
          "report/summary.json",
          "report/index.html"
        }) {
      assertThat(tiny.output().resolve(file)).isNotEmptyFile();
    }
    assertThat(summary.parent().params()).isEqualTo(27_616);
    assertThat(summary.targets().get(0).child().params()).isLessThanOrEqualTo(20_000);

    assertThat(tiny.output().resolve("child/README.md"))
        .content()
        .contains("base_model: parent", "## Budget", "## Measured", "| next-token accuracy |")
        .contains("fingerprint of parent, text and settings");

    byte[] child = Files.readAllBytes(tiny.output().resolve("child/model.safetensors"));
    Events second = new Events();
    assertThat(run(tiny.plan(2, TinyRun.SMALL), second).targets()).hasSize(1);
    List<String> stored = new ArrayList<>(first.started);
    stored.remove("evaluation");
    assertThat(second.started).containsExactly("evaluation");
    assertThat(second.reused).containsExactlyElementsOf(stored);

    Events third = new Events();
    RunSummary both = run(tiny.plan(2, TinyRun.SMALL, TinyRun.TINY), third);
    assertThat(third.started).containsExactly("child-tiny", "evaluation");
    assertThat(third.reused).containsExactlyElementsOf(stored);
    assertThat(both.targets().get(1).child().params()).isLessThanOrEqualTo(13_000);
    assertThat(tiny.output().resolve("child/model.safetensors")).hasBinaryContent(child);
  }

  @Test
  void run_killedInEveryStageAndResumed_makesTheSameChildAsUninterrupted(@TempDir Path directory)
      throws IOException, NoArchitectureException {
    TinyRun tiny = TinyRun.in(directory);
    CompressionPlan killed = tiny.plan(0, TinyRun.SMALL);
    assertKilled(killed, "library", 4);
    assertKilled(killed, "scores", 2);
    assertKilled(killed, "costs", 3);
    assertKilled(killed, "child", 3);
    assertKilled(killed, "evaluation", 1);
    Events last = new Events();
    assertThat(run(killed, last).targets()).hasSize(1);
    assertThat(last.started).containsExactly("evaluation");

    Path uninterrupted = directory.resolve("uninterrupted");
    Events whole = new Events();
    assertThat(run(tiny.plan(uninterrupted, 0, TinyRun.SMALL), whole).targets()).hasSize(1);
    assertThat(whole.refits)
        .singleElement()
        .asString()
        .matches(
            "child: refitted in sequence, KL to the parent \\d\\.\\d{3} -> \\d\\.\\d{3} nats.*");
    for (String file : new String[] {"model.safetensors", "config.json", "tokenizer.json"}) {
      assertThat(tiny.output().resolve("child").resolve(file))
          .hasSameBinaryContentAs(uninterrupted.resolve("child").resolve(file));
    }
    assertThat(tiny.output().resolve("scores.json"))
        .hasSameBinaryContentAs(uninterrupted.resolve("scores.json"));
  }

  @Test
  void run_withCorrections_measuresTheArchitectureOnceAndExpectsWhatItMeasured(
      @TempDir Path directory) throws IOException, NoArchitectureException {
    TinyRun tiny = TinyRun.in(directory);
    CompressionPlan plan = tiny.plan(0, Target.speedup("faster", 1.01));
    CompressionPlan checked = plan.toBuilder().costs(plan.costs().withCorrections(2)).build();
    Events first = new Events();
    RunSummary summary = run(checked, first);
    assertThat(first.started).containsSubsequence("costs", "speeds", "child", "evaluation");
    assertThat(first.messages).anyMatch(message -> message.contains("tokens/s expected of"));
    assertThat(summary.targets().get(0).predicted().speedUp()).isPositive();

    Events second = new Events();
    assertThat(run(checked, second).targets()).hasSize(1);
    assertThat(second.reused).contains("speeds", "child");
    assertThat(second.started).containsExactly("evaluation");
  }

  private static void assertKilled(CompressionPlan plan, String stage, long step) {
    Events events = new Events(stage, step);
    assertThatThrownBy(() -> run(plan, events)).hasMessage("killed");
    assertThat(events.finished).as("killed in %s", stage).doesNotContain(stage);
  }

  @Test
  void run_budgetNobodyCanMeet_namesTheLimitAndTheNearestAndKeepsFinishedStages(
      @TempDir Path directory) throws IOException, NoArchitectureException {
    TinyRun tiny = TinyRun.in(directory);
    Target impossible = TinyRun.parameters("dust", 100);
    assertThatThrownBy(() -> run(tiny.plan(0, impossible), new Events()))
        .isInstanceOf(NoArchitectureException.class)
        .hasMessage(
            "target dust: no architecture fits: parameters at most 100 cannot be met: the least"
                + " that an architecture can have is 2,080.\n"
                + "Maybe a looser limit or a larger search space is wanted; finished stages are"
                + " kept.");
    assertThat(tiny.output().resolve("child")).doesNotExist();
    Events next = new Events();
    assertThat(run(tiny.plan(0, TinyRun.SMALL), next).targets()).hasSize(1);
    assertThat(next.reused).containsExactly("library", "scores", "costs");
  }

  @Test
  void run_trainingsOverflowAndThePlanStops_keepsTheStageAndGoesOnWithoutThemWhenTold(
      @TempDir Path directory) throws IOException, NoArchitectureException {
    CompressionPlan wild =
        TinyRun.with(
            TinyRun.in(directory).plan(2, TinyRun.SMALL),
            ImmutableMap.of("/local/optimizer/learningRate", 1e30, "/execution/nonFinite", "STOP"));
    for (int time = 0; time < 2; time++) {
      assertThatThrownBy(() -> run(wild, new Events()))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining(
              "library: layer-000.attention.kv1 was stopped at step 1: the loss is not finite"
                  + " (NaN), and so were ")
          .hasMessageEndingWith(
              " more; the run ends as the plan says, and keeps its finished stages.\n"
                  + "Maybe nonFinite CONTINUE, which leaves out what is not finite, or a lower"
                  + " learning rate.");
    }
    Events told = new Events();
    RunSummary summary =
        run(TinyRun.with(wild, ImmutableMap.of("/execution/nonFinite", "CONTINUE")), told);
    assertThat(told.reused).containsExactly("library");
    assertThat(summary.diverged()).isNotEmpty();
    assertThat(summary.targets().get(0).child().params()).isLessThanOrEqualTo(20_000);
    assertThat(summary.targets().get(0).solution().layers())
        .allSatisfy(
            layer -> assertThat(layer.spec().ffn()).isIn(SmallParent.FFN, new FfnSpec.NoOp()));
  }

  @Test
  void run_childOverflowsAndThePlanStops_savesItsStateAndKeepsTheBestWhenTold(
      @TempDir Path directory) throws IOException, NoArchitectureException {
    TinyRun tiny = TinyRun.in(directory);
    CompressionPlan wild =
        TinyRun.with(
            tiny.plan(0, TinyRun.SMALL),
            ImmutableMap.of(
                "/global/optimizer/learningRate",
                1e30,
                "/global/evaluateEvery",
                4,
                "/execution/nonFinite",
                "STOP"));
    assertThatThrownBy(() -> run(wild, new Events()))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageStartingWith(
            "child: step 1: the gradient (norm NaN) is not finite, first in model.")
        .hasMessageContaining("with the training's state saved");
    assertThat(tiny.output().resolve("checkpoints/child/state.json")).isNotEmptyFile();
    assertThat(tiny.output().resolve("child")).doesNotExist();
    Events told = new Events();
    RunSummary summary =
        run(TinyRun.with(wild, ImmutableMap.of("/execution/nonFinite", "CONTINUE")), told);
    assertThat(told.reused).containsExactly("library", "scores", "costs");
    assertThat(told.messages)
        .anySatisfy(text -> assertThat(text).startsWith("child: step 1: the gradient (norm NaN)"));
    assertThat(summary.targets().get(0).child().klNats())
        .isEqualTo(summary.targets().get(0).childBeforeDistillation().klNats());
    assertThatThrownBy(() -> run(wild, new Events()))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageStartingWith("child: step 1: the gradient (norm NaN) is not finite, first in ")
        .hasMessageContaining("and keeps its finished stages.\nMaybe nonFinite CONTINUE");
  }

  @Test
  void run_parentMissing_namesIt(@TempDir Path directory) throws IOException {
    TinyRun tiny = TinyRun.in(directory);
    Path parent = directory.resolve("parent");
    Files.move(parent, directory.resolve("elsewhere"));
    assertFailsBeforeAnyStage(tiny, parent.resolve("config.json") + " is missing");
  }

  @Test
  void run_textMissing_namesIt(@TempDir Path directory) throws IOException {
    TinyRun tiny = TinyRun.in(directory);
    Path text = directory.resolve("text.txt");
    Files.delete(text);
    assertFailsBeforeAnyStage(tiny, text + " is missing");
  }

  @Test
  void run_trainingTextShorterThanAWindow_saysSoBeforeAnyStage(@TempDir Path directory)
      throws IOException {
    TinyRun tiny = TinyRun.in(directory);
    Files.writeString(directory.resolve("text.txt"), TinyRun.words(12, 1));
    assertFailsBeforeAnyStage(
        tiny,
        "inputs.texts: the part to train on has 9 tokens, but a window has 16.\n"
            + "Maybe give more text, or shorter windows.");
  }

  @Test
  void run_validationPartShorterThanAWindow_saysSoBeforeAnyStage(@TempDir Path directory)
      throws IOException {
    TinyRun tiny = TinyRun.in(directory);
    Files.writeString(directory.resolve("text.txt"), TinyRun.words(40, 1));
    assertFailsBeforeAnyStage(
        tiny,
        "inputs.texts: the part kept for scores has 10 tokens, but a window has 16.\n"
            + "Maybe give more text, or shorter windows.");
  }

  @Test
  void run_heldOutTextShorterThanAWindow_namesItBeforeAnyStage(@TempDir Path directory)
      throws IOException {
    TinyRun tiny = TinyRun.in(directory);
    Path text = directory.resolve("held-out.txt");
    Files.writeString(text, TinyRun.words(20, 1));
    assertFailsBeforeAnyStage(
        tiny,
        text
            + " has 20 tokens, but a window has 32.\n"
            + "Maybe give more text, or shorter windows.");
  }

  private static void assertFailsBeforeAnyStage(TinyRun tiny, String sentence) {
    Events events = new Events();
    assertThatThrownBy(() -> run(tiny.plan(0, TinyRun.SMALL), events)).hasMessage(sentence);
    assertThat(events.started).isEmpty();
  }

  @Test
  void run_anotherRunAtWork_isRefused(@TempDir Path directory) throws IOException {
    TinyRun tiny = TinyRun.in(directory);
    Path output = Files.createDirectories(tiny.output());
    try (RunLock lock = RunLock.of(output)) {
      assertFailsBeforeAnyStage(
          tiny,
          output
              + ": another run is at work in this directory.\n"
              + "Maybe wait for it, or name another output.");
    }
    try (RunLock again = RunLock.of(output)) {
      assertThat(again).isNotNull();
    }
  }

  @Test
  void run_lockCannotBeWritten_saysSo(@TempDir Path directory) throws IOException {
    TinyRun tiny = TinyRun.in(directory);
    Path lock = Files.createDirectories(tiny.output().resolve(".lock"));
    assertFailsBeforeAnyStage(
        tiny,
        lock
            + " could not be written (Is a directory), so that no run can begin.\n"
            + "Maybe a file stands where a directory has to be, or the reverse: move it away.");
  }
}
