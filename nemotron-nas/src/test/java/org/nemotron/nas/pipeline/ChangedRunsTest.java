package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import com.google.common.collect.Streams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.Latency;
import org.nemotron.nas.cost.MemoryModel;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.pipeline.TinyRun.Events;

/**
 * A finished run goes on after a change: which stages are done again and which are not, and what it
 * says. {@link ChangedSettingsTest} has every key of a plan; here are whole runs. Costs are given,
 * so that no clock has a say in what the search picks.
 */
final class ChangedRunsTest {
  private static final ImmutableList<String> STAGES =
      ImmutableList.of("library", "scores", "costs", "coupled", "scores-coupled", "child");

  private static final String AGAIN = " is done again: what it depends on has changed: ";

  private static Path finished = Path.of("run");
  private Path directory = Path.of("run");
  private CompressionPlan plan = TinyRun.unread();

  @BeforeAll
  static void makeARun(@TempDir Path temporary) throws IOException, NoArchitectureException {
    finished = temporary;
    CpuThreads.perOperation(1);
    CompressionPlan plan = TinyRun.in(finished).plan(2, TinyRun.SMALL);
    giveCosts(plan);
    List<String> made = new ArrayList<>(STAGES);
    made.remove("costs");
    made.add("evaluation");
    assertThat(run(plan).started).isEqualTo(made);
  }

  /** Stores costs as the stage would: time in proportion to parameters. */
  private static void giveCosts(CompressionPlan plan) throws IOException {
    ModelSpec parent = ModelSpecReader.read(plan.inputs().parent());
    CostTable table =
        new CostTable(
            new Scenario(2, plan.costs().promptTokens(), plan.costs().outputTokens()),
            new MemoryModel(plan.execution().dtype()),
            Maps.toMap(plan.space().attentions(parent), spec -> time(spec, new FfnSpec.NoOp())),
            Maps.toMap(plan.space().ffns(parent), spec -> time(new AttentionSpec.NoOp(), spec)),
            new Latency(1000, 1000, 0, 0));
    StageStore store =
        new StageStore(Files.createDirectories(plan.execution().output()), new Events());
    Path file = store.path("costs.json");
    store.ensure(
        "costs",
        StageDependencies.costs(plan, parent, CostsStage.machine(Device.CPU)),
        1,
        progress -> {
          TableFiles.writeCosts(file, ImmutableList.of(table));
          return ImmutableList.of(file);
        });
  }

  private static Latency time(AttentionSpec attention, FfnSpec ffn) {
    double nanos = new BlockSpec(attention, ffn).parameters(SmallParent.WIDTH);
    return new Latency(nanos, nanos, 0, 0);
  }

  private static Events run(CompressionPlan plan) throws IOException, NoArchitectureException {
    Events events = new Events();
    assertThat(new CompressionPipeline(plan, events).run().targets()).hasSameSizeAs(plan.targets());
    return events;
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
    plan = TinyRun.at(directory).plan(2, TinyRun.SMALL);
  }

  private CompressionPlan with(String path, Object value) throws IOException {
    return TinyRun.with(plan, ImmutableMap.of(path, value));
  }

  /** Runs {@code changed} and checks that just the stages named are done again, with messages. */
  private static void assertRedone(CompressionPlan changed, String... messages)
      throws IOException, NoArchitectureException {
    Events events = run(changed);
    List<String> redone =
        Stream.of(messages).map(message -> message.substring(0, message.indexOf(' '))).toList();
    assertThat(events.messages).containsExactly(messages);
    assertThat(events.started)
        .containsExactlyElementsOf(
            Streams.concat(redone.stream(), Stream.of("evaluation")).toList());
    assertThat(events.reused)
        .containsExactlyElementsOf(
            STAGES.stream().filter(stage -> !redone.contains(stage)).toList());
    assertThat(run(changed).started).as("once more").containsExactly("evaluation");
  }

  /** The same where all is learned again; the search may then pick other pairs, and say so. */
  private static void assertAllLearnedAgain(CompressionPlan changed, String reason)
      throws IOException, NoArchitectureException {
    Events events = run(changed);
    assertThat(events.reused).containsExactly("costs");
    assertThat(events.started)
        .containsExactly("library", "scores", "coupled", "scores-coupled", "child", "evaluation");
    assertThat(events.messages.get(0)).isEqualTo("library" + AGAIN + reason);
    assertThat(events.messages.get(1)).isEqualTo("scores" + AGAIN + "library");
    assertThat(events.messages.get(2)).startsWith("coupled" + AGAIN + "library");
    assertThat(events.messages.get(3)).isEqualTo("scores-coupled" + AGAIN + "library");
    assertThat(events.messages.get(4)).startsWith("child" + AGAIN).endsWith("library");
    assertThat(events.messages).hasSize(5);
  }

  @Test
  void run_nothingChanged_reusesAll() throws IOException, NoArchitectureException {
    assertRedone(plan);
  }

  @Test
  void run_runAndInputsMoved_reusesAll() throws IOException, NoArchitectureException {
    Path elsewhere = Files.move(directory, directory.resolveSibling("elsewhere"));
    assertRedone(TinyRun.at(elsewhere).plan(2, TinyRun.SMALL));
  }

  @Test
  void run_settingsOfTheReportChanged_reuseAll() throws IOException, NoArchitectureException {
    Files.writeString(directory.resolve("held-out.txt"), TinyRun.words(200, 9));
    assertRedone(
        TinyRun.with(
            plan,
            ImmutableMap.of(
                "/data/heldOutWindows", 2,
                "/data/heldOutWindowTokens", 16,
                "/scoring/auditedPairs", 2,
                "/costs/meter/generationRounds", 2)));
  }

  @Test
  void run_settingsWithoutEffectOnResultsChanged_reuseAll()
      throws IOException, NoArchitectureException {
    assertRedone(
        TinyRun.with(
            plan,
            ImmutableMap.of(
                "/local/residentLayers",
                1,
                "/execution/threads",
                9,
                "/coupled/speedups",
                ImmutableList.of(1.3, 1.1),
                "/execution/nonFinite",
                "STOP",
                "/execution/parent",
                "DIVIDED")));
  }

  @Test
  void run_settingsOfChildrenChanged_makeThemAgain() throws IOException, NoArchitectureException {
    assertRedone(
        with("/execution/childDtype", "BFLOAT16"), "child" + AGAIN + "execution.childDtype");
    assertRedone(
        with("/global/optimizer/learningRate", 2e-3),
        "child" + AGAIN + "execution.childDtype, global.optimizer.learningRate");
    assertRedone(
        TinyRun.with(plan, ImmutableMap.of("/execution/threads", 1, "/global/steps", 5)),
        "child" + AGAIN + "execution.threads, global.optimizer.learningRate, global.steps");
  }

  @Test
  void run_tokenizersSettingsChanged_makesChildrenAgain()
      throws IOException, NoArchitectureException {
    Files.writeString(directory.resolve("parent/tokenizer_config.json"), "{}");
    assertRedone(plan, "child" + AGAIN + "parent's tokenizer");
    assertThat(directory.resolve("run/child/tokenizer_config.json")).hasContent("{}");
  }

  @Test
  void run_passesOfScoringChanged_scoresAgain() throws IOException, NoArchitectureException {
    assertRedone(
        with("/scoring/candidatesPerPass", 2),
        "scores" + AGAIN + "scoring.candidatesPerPass",
        "scores-coupled" + AGAIN + "scoring.candidatesPerPass");
  }

  @Test
  void run_otherTarget_makesItsChildAgain() throws IOException, NoArchitectureException {
    assertRedone(TinyRun.at(directory).plan(2, TinyRun.TINY), "child" + AGAIN + "architecture");
  }

  @Test
  void run_trainingOfPairsChanged_trainsThemAgainAndMakesTheChild()
      throws IOException, NoArchitectureException {
    Events events = run(with("/coupled/steps", 3));
    assertThat(events.reused).containsExactly("library", "scores", "costs");
    assertThat(events.messages)
        .hasSize(3)
        .startsWith("coupled" + AGAIN + "coupled.steps", "scores-coupled" + AGAIN + "library");
    assertThat(events.messages.get(2)).startsWith("child" + AGAIN).endsWith("library");
  }

  @Test
  void run_trainingChanged_makesAllButCostsAgain() throws IOException, NoArchitectureException {
    assertAllLearnedAgain(with("/local/steps", 4), "local.steps");
  }

  @Test
  void run_seedAndStartChanged_namesBoth() throws IOException, NoArchitectureException {
    assertAllLearnedAgain(
        TinyRun.with(plan, ImmutableMap.of("/execution/seed", 2, "/init/refit", false)),
        "execution.seed, init.refit");
  }

  @Test
  void run_parentsWeightsChanged_makesAllButCostsAgain()
      throws IOException, NoArchitectureException {
    try (HeterogeneousModel other = SmallParent.model(SmallParent.spec(), 2)) {
      new SafetensorsWriter()
          .addAll(other.tensors())
          .write(directory.resolve("parent/model.safetensors"));
    }
    assertAllLearnedAgain(plan, "parent's weights");
  }

  @Test
  void run_calibrationTextChanged_makesAllButCostsAgain()
      throws IOException, NoArchitectureException {
    Files.writeString(directory.resolve("text.txt"), TinyRun.words(1500, 7));
    Events events = run(plan);
    assertThat(events.reused).containsExactly("costs");
    assertThat(events.messages)
        .startsWith(
            "library" + AGAIN + "training text", "scores" + AGAIN + "library, validation text");
  }

  @Test
  void run_costsChanged_measuresThemAgain() throws IOException, NoArchitectureException {
    Events events = run(with("/costs/promptTokens", 7));
    assertThat(events.reused).startsWith("library", "scores").doesNotContain("costs");
    assertThat(events.messages.get(0)).isEqualTo("costs" + AGAIN + "costs.promptTokens");
  }
}
