package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.io.SealedJson;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.MemoryFormat;
import org.nemotron.nas.cost.MemoryModel;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.pipeline.Limit.Bound;
import org.nemotron.nas.pipeline.TinyRun.Events;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.search.Budget;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.Solution;

/** A run is made once and copied; the tests adapt, damage or move the copy. */
final class RunDirectoryTest {
  private static Path finished = Path.of("run");
  private Path directory = Path.of("run");
  private TinyRun tiny = TinyRun.at(directory);

  @BeforeAll
  static void makeARun(@TempDir Path temporary) throws IOException, NoArchitectureException {
    finished = temporary;
    CpuThreads.perOperation(1);
    CompressionPlan plan = TinyRun.in(finished).plan(2, TinyRun.SMALL, TinyRun.TINY);
    assertThat(new CompressionPipeline(plan).run().targets()).hasSize(2);
  }

  @BeforeEach
  void copyTheRun(@TempDir Path temporary) throws IOException {
    directory = temporary.resolve("here");
    try (Stream<Path> files = Files.walk(finished)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = directory.resolve(finished.relativize(file));
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      }
    }
    tiny = TinyRun.at(directory);
  }

  private Path run(String file) {
    return tiny.output().resolve(file);
  }

  /** The plan names the parent where the run was made. */
  private RunDirectory open() throws IOException {
    return RunDirectory.open(tiny.output(), plan -> plan.withParent(directory.resolve("parent")));
  }

  private static Solution within(ArchitectureProblem problem, double parameters) {
    return PuzzleSearch.create()
        .solve(problem.within(ImmutableList.of(Budget.atMost(CostTable.PARAMETERS, parameters))))
        .orElseThrow();
  }

  @Test
  void library_otherBudget_givesAChildWithoutTraining() throws IOException {
    try (RunDirectory run = open()) {
      ArchitectureProblem problem = run.problem();
      Architecture architecture = problem.architecture(within(problem, 16_000));
      try (HeterogeneousModel child = run.library().assemble(architecture)) {
        assertThat(child.spec().parameters()).isBetween(13_000L, 16_000L);
        assertThat(child.spec().blocks()).isEqualTo(architecture.blocks());
      }
    }
  }

  @Test
  void problem_budgetOfATarget_hasTheChildOfTheRunAsItsAnswer() throws IOException {
    try (RunDirectory run = open()) {
      ArchitectureProblem problem = run.problem();
      assertThat(problem.architecture(within(problem, 13_000)).blocks())
          .isEqualTo(ModelSpecReader.read(run("child-tiny")).blocks());
    }
  }

  @Test
  void scoresAndLibrary_pairsTrainedTogether_areAmongThem() throws IOException {
    try (RunDirectory run = open()) {
      assertThat(run.scores().scores().keySet())
          .anyMatch(candidate -> candidate.id().contains(".block.") && candidate.layers() == 1);
      assertThat(run.library().trained()).containsAll(withWeights(run));
      Solution best = within(run.problem(), 20_000);
      assertThat(best.choices())
          .allSatisfy(choice -> assertThat(choice.alternative().kinds()).isNotEmpty());
    }
  }

  private static ImmutableList<Candidate> withWeights(RunDirectory run) throws IOException {
    return run.scores().scores().keySet().stream()
        .filter(Candidate::hasWeights)
        .collect(ImmutableList.toImmutableList());
  }

  @Test
  void parts_finishedRun_areThoseOfItsPlan() throws IOException {
    try (RunDirectory run = open()) {
      assertThat(run.directory()).isEqualTo(tiny.output());
      assertThat(run.plan().targets()).containsExactly(TinyRun.SMALL, TinyRun.TINY);
      assertThat(run.parentSpec()).isEqualTo(run.parent().spec());
      assertThat(run.finished())
          .containsExactly(
              "child", "child-tiny", "costs", "coupled", "library", "scores", "scores-coupled");
      assertThat(run.costs())
          .singleElement()
          .extracting(CostTable::scenario)
          .isEqualTo(run.plan().costs().scenarios().get(0));
      assertThat(run.parentFingerprint())
          .isEqualTo(
              Fingerprint.builder()
                  .putFile(
                      "model.safetensors", directory.resolve("parent").resolve("model.safetensors"))
                  .build());
    }
  }

  @Test
  void costs_anyPlan_countMemoryAsItSays() throws IOException {
    try (RunDirectory run = open()) {
      assertThat(run.costs().get(0).memory())
          .isEqualTo(new MemoryModel(DType.FLOAT16, DType.FLOAT32));
    }
    try (RunDirectory run =
        RunDirectory.open(
            tiny.output(),
            plan ->
                plan.withParent(directory.resolve("parent")).toBuilder()
                    .costs(plan.costs().withMemoryFormat(MemoryFormat.BFLOAT16))
                    .build())) {
      assertThat(run.costs().get(0).memory()).isEqualTo(new MemoryModel(DType.BFLOAT16));
    }
  }

  @Test
  void scores_ownMetricByAFunction_isWhatTheSearchMinimizes() throws IOException {
    try (RunDirectory run = open()) {
      var scores = run.scores().with("layers changed", candidate -> candidate.layers());
      var problem =
          new ArchitectureProblem(
              run.parentSpec(), scores, run.costs().get(0), new Score.Metric("layers changed"));
      // A pair trained together counts 1, and so does either half; two layers by one block count 2.
      Solution best = within(problem, run.parentSpec().parameters() - 1);
      assertThat(best.score()).isEqualTo(1);
      assertThat(
              problem.architecture(best).choices().stream()
                  .filter(choice -> !(choice instanceof BlockChoice.Parent)))
          .hasSize(1);
    }
  }

  @Test
  void open_runKilledHalfWay_hasWhatHasFinished() throws IOException {
    Path other = directory.resolve("killed");
    Events killer = new Events("costs", 1);
    assertThatThrownBy(
            () -> new CompressionPipeline(tiny.plan(other, 0, TinyRun.SMALL), killer).run())
        .hasMessage("killed");
    try (RunDirectory run = RunDirectory.open(other)) {
      assertThat(run.finished()).containsExactly("library", "scores");
      assertThat(run.library().candidates()).containsAll(run.scores().scores().keySet());
      assertThatThrownBy(run::problem)
          .isInstanceOf(IOException.class)
          .hasMessage(
              other
                  + ": the stage costs has not finished; those that have are [library, scores].\n"
                  + "Maybe run the plan, which goes on where it was.");
    }
  }

  @Test
  void open_noRun_isRefusedByName() {
    assertThatThrownBy(() -> RunDirectory.open(directory))
        .isInstanceOf(IOException.class)
        .hasMessage(
            directory
                + " is no directory of a run: it has no plan.json.\n"
                + "Maybe name the output directory of a run.");
  }

  @Test
  void open_parentMovedAway_isRefusedWithTheCallThatHelps() {
    Path gone = directory.resolve("gone");
    assertThatThrownBy(() -> RunDirectory.open(tiny.output(), plan -> plan.withParent(gone)))
        .isInstanceOf(IOException.class)
        .hasMessage(
            gone
                + ", the parent of the run in "
                + tiny.output()
                + ", is no directory.\nMaybe it lies elsewhere now: RunDirectory.open(run, plan ->"
                + " plan.withParent(directory)).");
  }

  @Test
  void anything_parentOfOtherWeights_isRefused() throws IOException {
    try (HeterogeneousModel other = SmallParent.model(SmallParent.spec(), 2)) {
      new SafetensorsWriter()
          .addAll(other.tensors())
          .write(directory.resolve("parent/model.safetensors"));
    }
    try (RunDirectory run = open()) {
      for (ThrowingCallable read :
          ImmutableList.<ThrowingCallable>of(
              run::library, run::parent, run::scores, run::costs, run::problem)) {
        assertThatThrownBy(read)
            .isInstanceOf(IOException.class)
            .hasMessage(
                directory.resolve("parent")
                    + " is not the parent that the library in "
                    + tiny.output()
                    + " was trained for: its weights differ.\n"
                    + "Maybe it lies elsewhere, or the plan has to be run again for this one.");
      }
    }
  }

  @Test
  void costs_parentOfOtherShape_areRefused() throws IOException {
    Path config = directory.resolve("parent/config.json");
    Files.writeString(config, Files.readString(config).replace("1e-5", "1e-6"));
    try (RunDirectory run = open()) {
      assertThatThrownBy(run::costs).hasMessageContaining("for: its architecture differs.");
      assertThatThrownBy(run::parent).hasMessageContaining("for: its config differs.");
      assertThatThrownBy(run::scores).hasMessageContaining("for: its config differs.");
    }
  }

  @Test
  void scoresAndLibrary_damagedFiles_areRefusedByTheirNames() throws IOException {
    Files.writeString(run("scores.json"), " ", StandardOpenOption.APPEND);
    Path weights = run("library/layer-001.ffn.w24.safetensors");
    Files.delete(weights);
    try (RunDirectory run = open()) {
      assertThatThrownBy(run::scores)
          .isInstanceOf(IOException.class)
          .hasMessage(
              run("scores.json")
                  + " is not as it was written, so that the stage scores is damaged.\n"
                  + "Maybe run the plan again: the stage is then made anew.");
      assertThatThrownBy(run::library)
          .hasMessageStartingWith(weights + " is missing, so that the stage library is damaged.");
    }
  }

  @Test
  void scores_recordThatIsDamaged_areRefusedByItsName() throws IOException {
    Path record = run("stages/scores.json");
    Files.writeString(record, Files.readString(record).replace("validation", "Validation"));
    try (RunDirectory run = open()) {
      assertThatThrownBy(run::scores).hasMessageStartingWith(record + " is damaged.");
    }
  }

  @Test
  void scores_ofAnotherLibrary_areRefused() throws IOException {
    Path record = run("stages/library.json");
    var json = SealedJson.read(record).orElseThrow();
    json.remove("digest");
    json.withObject("/inputs").put("training text", "0".repeat(64));
    SealedJson.write(record, json);
    try (RunDirectory run = open()) {
      assertThatThrownBy(run::scores)
          .hasMessageContaining("the scores are those of another library than the one");
      // Its pairs were those of the former library too.
      assertThat(run.library().candidates())
          .noneMatch(candidate -> candidate.id().contains("block") && candidate.layers() == 1);
    }
  }

  @Test
  void read_stageDoneAgainMeanwhile_isRefusedAndWhatWasReadIsDropped() throws IOException {
    StoredStage stage = StoredStage.get(tiny.output(), "scores");
    StringBuilder dropped = new StringBuilder();
    assertThatThrownBy(
            () ->
                stage.read(
                    () -> {
                      Files.delete(run("stages/scores.json"));
                      return "half old, half new";
                    },
                    dropped::append))
        .isInstanceOf(IOException.class)
        .hasMessage(
            tiny.output()
                + ": the stage scores was done again while its files were read.\n"
                + "Maybe read them again later.");
    assertThat(dropped).hasToString("half old, half new");
  }

  @Test
  void close_elsewhereAndTwice_refusesModelsAndLeavesChildrenOpen() throws IOException {
    RunDirectory run = open();
    ArchitectureProblem problem = run.problem();
    try (HeterogeneousModel child =
        run.library().assemble(problem.architecture(within(problem, 16_000)))) {
      CompletableFuture.runAsync(run::close).join();
      assertThatCode(run::close).doesNotThrowAnyException();
      assertThat(child.tensors()).isNotEmpty();
    }
    assertThatThrownBy(run::parent)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this run directory is closed");
    assertThatThrownBy(run::library).hasMessage("this run directory is closed");
  }

  @Test
  void problem_ownScoresAndCosts_areLimitedAndMinimized() throws IOException {
    Path costs = OwnJson.costs(directory.resolve("costs.json"), "joules", OwnJson.parameters());
    try (RunDirectory run =
        RunDirectory.open(
            tiny.output(),
            plan ->
                plan.withParent(directory.resolve("parent")).toBuilder()
                    .inputs(
                        plan.inputs().withParent(directory.resolve("parent")).withOwnCosts(costs))
                    .targets(
                        ImmutableList.of(
                            Target.of("frugal", Limit.ofCost("joules", Bound.AT_MOST, 9_000))))
                    .build())) {
      ArchitectureProblem problem = run.problem();
      CostTable table = problem.costs();
      double parent = table.costs(run.parentSpec()).getOrDefault("joules", Double.NaN);
      assertThat(parent).isEqualTo(80 + 3.0 * SmallParent.BLOCK.parameters(SmallParent.WIDTH));
      Solution best =
          PuzzleSearch.create()
              .solve(problem.within(ImmutableList.of(Budget.atMost("joules", parent / 2))))
              .orElseThrow();
      assertThat(best.costs().getOrDefault("joules", Double.NaN)).isLessThanOrEqualTo(parent / 2);
    }
  }
}
