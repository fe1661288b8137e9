package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.ImmutableSetMultimap;
import com.google.common.collect.Iterables;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.data.ConversationRenderer;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.Candidate;

/**
 * For every key of a plan, and all that a run reads: which stages depend on it, and by what name
 * they tell that it has changed. A key that is not in the table fails the test.
 *
 * <p>Nothing is trained: what stages depend on is compared, which is what decides about their
 * results. {@link ChangedRunsTest} does it with whole runs.
 */
final class ChangedSettingsTest {
  /** A change of one key: the values set, and the names that each stage says have changed. */
  private record Change(
      ImmutableMap<String, Object> values, ImmutableSetMultimap<String, String> redone) {}

  private static final String LIBRARY = "library";
  private static final String SCORES = "scores";
  private static final String COSTS = "costs";
  private static final String COUPLED = "coupled";
  private static final String COUPLED_SCORES = "scores-coupled";
  private static final String SPEEDS = "speeds";
  private static final String ROUND = "search-1-child";
  private static final String CHILD = "child";

  /** Needed by the evaluation alone, or by none. */
  private static final ImmutableSetMultimap<String, String> NOTHING = ImmutableSetMultimap.of();

  private static final StageInputs NONE = StageInputs.builder().build();

  private static final ImmutableSetMultimap<String, String> VALIDATION =
      ImmutableSetMultimap.<String, String>builder()
          .put(SCORES, "validation text")
          .put(COUPLED_SCORES, "validation text")
          .put(SPEEDS, "validation text")
          .put(ROUND, "validation text")
          .put(CHILD, "validation text")
          .build();

  private static final ImmutableSetMultimap<String, String> BOTH_TEXTS =
      both(learnedFrom("training text"), VALIDATION);

  /** An address and a model go together, and a key needs them. */
  private static final ImmutableMap<String, Object> JUDGE =
      ImmutableMap.of(
          "evaluation.judge.url",
          "http://localhost:9/v1",
          "evaluation.judge.model",
          "judge",
          "evaluation.judge.keyVariable",
          "KEY");

  private static final ImmutableMap<String, Object> GPU =
      ImmutableMap.of("execution.device", "cuda", "execution.dtype", "BFLOAT16");

  private static final ImmutableSetMultimap<String, String> ON_GPU =
      both(learnedFrom("execution.device", "execution.dtype"), measuredOnGpu());

  private static final ImmutableMap<String, Object> DOCUMENTS =
      ImmutableMap.of(
          "inputs.texts",
          ImmutableList.of(),
          "inputs.documents.sources",
          "documents.jsonl",
          "inputs.documents.validationShare",
          0.2);

  private static final ImmutableMap<String, Change> CHANGES =
      ImmutableMap.<String, Change>builder()
          .put("inputs.parent", change("inputs.parent", "moved", NOTHING))
          .put("inputs.texts", change("inputs.texts", texts("other.txt"), BOTH_TEXTS))
          .put("inputs.heldOut", change("inputs.heldOut", texts("other.txt"), NOTHING))
          .put("inputs.ownScores", own("inputs.ownScores", "s.json", "own scores words"))
          .put("inputs.ownCosts", own("inputs.ownCosts", "c.json", "own costs joules"))
          .put("inputs.documents.sources", new Change(DOCUMENTS, BOTH_TEXTS))
          .put("inputs.documents.badRecords", documents("badRecords", "SKIP"))
          .put("inputs.documents.packing", documents("packing", "WITHIN_DOCUMENTS"))
          .put("inputs.documents.validationShare", documents("validationShare", 0.2))
          .put("inputs.documents.heldOutShare", documents("heldOutShare", 0.2))
          .put("execution.output", change("execution.output", "elsewhere", NOTHING))
          .put("execution.device", new Change(GPU, ON_GPU))
          .put("execution.dtype", new Change(GPU, ON_GPU))
          .put("execution.childDtype", child("execution.childDtype", "BFLOAT16"))
          .put("execution.threads", child("execution.threads", 1))
          .put("execution.seed", learned("execution.seed", 2))
          .put("execution.nonFinite", change("execution.nonFinite", "STOP", NOTHING))
          .put("execution.parent", change("execution.parent", "DIVIDED", NOTHING))
          .put("data.windowTokens", learned("data.windowTokens", 8))
          .put("data.batchSize", learned("data.batchSize", 1))
          .put("data.globalBatchSize", child("data.globalBatchSize", 3))
          .put("data.trainingTokens", change("data.trainingTokens", 1000, BOTH_TEXTS))
          .put("data.validationTokens", change("data.validationTokens", 64, VALIDATION))
          .put("data.heldOutWindowTokens", change("data.heldOutWindowTokens", 16, NOTHING))
          .put("data.heldOutWindows", change("data.heldOutWindows", 2, NOTHING))
          .put("space.kvHeads", space("space.kvHeads", ImmutableList.of()))
          .put("space.ffnFractions", space("space.ffnFractions", ImmutableList.of(0.5)))
          .put("space.channelMultiple", space("space.channelMultiple", 8))
          .put("space.linearAttention", space("space.linearAttention", false))
          .put("space.noOpAttention", space("space.noOpAttention", false))
          .put("space.linearFfn", space("space.linearFfn", false))
          .put("space.noOpFfn", space("space.noOpFfn", false))
          .put("space.multiLayer", space("space.multiLayer", ImmutableList.of()))
          .put("space.keepFirstAttention", space("space.keepFirstAttention", true))
          .put("space.keepLayers", learned("space.keepLayers", ImmutableList.of(1)))
          .put("init.channels", learned("init.channels", "ITERATIVE"))
          .put("init.kvHeads", learned("init.kvHeads", "BEST_HEADS"))
          .put("init.calibrationBatches", learned("init.calibrationBatches", 3))
          .put("init.refit", learned("init.refit", false))
          .put("local.steps", learned("local.steps", 4))
          .put("local.optimizer.learningRate", learned("local.optimizer.learningRate", 2e-3))
          .put("local.optimizer.warmupFraction", learned("local.optimizer.warmupFraction", 0.1))
          .put("local.optimizer.finalFraction", learned("local.optimizer.finalFraction", 0.1))
          .put("local.optimizer.beta1", learned("local.optimizer.beta1", 0.8))
          .put("local.optimizer.beta2", learned("local.optimizer.beta2", 0.9))
          .put("local.optimizer.weightDecay", learned("local.optimizer.weightDecay", 0.1))
          .put("local.optimizer.gradientClip", learned("local.optimizer.gradientClip", 2.0))
          .put("local.divergenceFactor", learned("local.divergenceFactor", 20))
          .put("local.residentLayers", change("local.residentLayers", 1, NOTHING))
          .put("coupled.steps", coupled("coupled.steps", 3))
          .put("coupled.optimizer.learningRate", coupled("coupled.optimizer.learningRate", 2e-3))
          .put("coupled.optimizer.warmupFraction", coupled("coupled.optimizer.warmupFraction", 0.1))
          .put("coupled.optimizer.finalFraction", coupled("coupled.optimizer.finalFraction", 0.1))
          .put("coupled.optimizer.beta1", coupled("coupled.optimizer.beta1", 0.8))
          .put("coupled.optimizer.beta2", coupled("coupled.optimizer.beta2", 0.9))
          .put("coupled.optimizer.weightDecay", coupled("coupled.optimizer.weightDecay", 0.1))
          .put("coupled.optimizer.gradientClip", coupled("coupled.optimizer.gradientClip", 2.0))
          .put("coupled.speedups", change("coupled.speedups", ImmutableList.of(1.2), NOTHING))
          .put("refit.batches", refitted("refit.batches", 1))
          .put("refit.ridge", refitted("refit.ridge", 0.5))
          .put("scoring.metric", searched("scoring.metric", "LOSS"))
          .put("scoring.candidatesPerPass", scored("scoring.candidatesPerPass", 2))
          .put("scoring.hiddenStates", change("scoring.hiddenStates", "HOST", NOTHING))
          .put("scoring.auditedPairs", change("scoring.auditedPairs", 2, NOTHING))
          .put("costs.batchSizes", costs("costs.batchSizes", ImmutableList.of(2, 3)))
          .put("costs.promptTokens", costs("costs.promptTokens", 7))
          .put("costs.outputTokens", costs("costs.outputTokens", 5))
          .put("costs.meter.prefillRounds", costs("costs.meter.prefillRounds", 3))
          .put("costs.meter.decodeRounds", costs("costs.meter.decodeRounds", 4))
          .put("costs.meter.generationRounds", speeds("costs.meter.generationRounds", 2))
          .put("costs.corrections", speeds("costs.corrections", 9))
          .put("costs.memoryFormat", change("costs.memoryFormat", "BFLOAT16", NOTHING))
          .put("costs.elsewhere", change("costs.elsewhere", "e.json", NOTHING))
          .put("costs.tensorParallel", costs("costs.tensorParallel", 2))
          .put("search.rounds", change("search.rounds", 2, NOTHING))
          .put("search.exchanges", rounds("search.exchanges", 7))
          .put("global.steps", child("global.steps", 5))
          .put("global.optimizer.learningRate", child("global.optimizer.learningRate", 2e-3))
          .put("global.optimizer.warmupFraction", child("global.optimizer.warmupFraction", 0.1))
          .put("global.optimizer.finalFraction", child("global.optimizer.finalFraction", 0.1))
          .put("global.optimizer.beta1", child("global.optimizer.beta1", 0.8))
          .put("global.optimizer.beta2", child("global.optimizer.beta2", 0.9))
          .put("global.optimizer.weightDecay", child("global.optimizer.weightDecay", 0.1))
          .put("global.optimizer.gradientClip", child("global.optimizer.gradientClip", 2.0))
          .put("global.cosineWeight", child("global.cosineWeight", 2))
          .put("global.klWeight", child("global.klWeight", 2))
          .put("global.lmWeight", child("global.lmWeight", 2))
          .put("global.evaluateEvery", child("global.evaluateEvery", 1))
          .put("global.optimizerStates", child("global.optimizerStates", "EIGHT_BIT"))
          .put("global.microBatch", child("global.microBatch", 1))
          .put("targets", speeds("targets", ImmutableList.of(TinyRun.TINY)))
          .put("evaluation.tasks", change("evaluation.tasks", "arc_easy", NOTHING))
          .put("evaluation.data", change("evaluation.data", "elsewhere", NOTHING))
          .put("evaluation.limit", change("evaluation.limit", 3, NOTHING))
          .put("evaluation.chat", change("evaluation.chat", true, NOTHING))
          .put("evaluation.shotsAsTurns", change("evaluation.shotsAsTurns", false, NOTHING))
          .put("evaluation.baselines", change("evaluation.baselines", true, NOTHING))
          .put("evaluation.judge.url", new Change(JUDGE, NOTHING))
          .put("evaluation.judge.model", new Change(JUDGE, NOTHING))
          .put("evaluation.judge.keyVariable", new Change(JUDGE, NOTHING))
          .buildOrThrow();

  private static final ImmutableSet<Candidate.Block> PAIRS =
      ImmutableSet.of(
          new Candidate.Block(1, new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Linear())));

  private static final Architecture ARCHITECTURE = Architecture.ofParent(SmallParent.spec());

  private Path directory = Path.of("run");
  private CompressionPlan plan = TinyRun.unread();

  @BeforeEach
  void makeInputs(@TempDir Path temporary) throws IOException {
    directory = temporary;
    plan = TinyRun.in(directory).plan(2, TinyRun.SMALL);
  }

  private static ImmutableList<String> texts(String... names) {
    return ImmutableList.copyOf(names);
  }

  private static Change change(
      String key, Object value, ImmutableSetMultimap<String, String> redone) {
    return new Change(ImmutableMap.of(key, value), redone);
  }

  /** Of no meaning as long as there are no documents. */
  private static Change documents(String key, Object value) {
    return change("inputs.documents." + key, value, NOTHING);
  }

  private static Change own(String key, String file, String name) {
    return change(key, texts(file), ImmutableSetMultimap.of(SPEEDS, name, ROUND, name));
  }

  /** All that is learned depends on it. */
  private static Change learned(String key, Object value) {
    return change(key, value, learnedFrom(key));
  }

  private static ImmutableSetMultimap<String, String> learnedFrom(String... names) {
    ImmutableSetMultimap.Builder<String, String> redone = ImmutableSetMultimap.builder();
    redone.putAll(LIBRARY, names);
    for (String later : new String[] {SCORES, COUPLED, COUPLED_SCORES, SPEEDS, ROUND, CHILD}) {
      redone.put(later, LIBRARY);
    }
    return redone.build();
  }

  private static Change space(String key, Object value) {
    return change(key, value, both(learnedFrom(key), measured(key)));
  }

  private static Change scored(String key, Object value) {
    return change(
        key, value, ImmutableSetMultimap.of(SCORES, key, COUPLED_SCORES, key, ROUND, key));
  }

  private static Change costs(String key, Object value) {
    return change(key, value, measured(key));
  }

  private static ImmutableSetMultimap<String, String> measured(String key) {
    return ImmutableSetMultimap.of(COSTS, key);
  }

  /** Costs are of the format that serves best, which need not be another on a GPU. */
  private static ImmutableSetMultimap<String, String> measuredOnGpu() {
    boolean same =
        Backends.bestFormat(Device.CPU).equals(Backends.bestFormat(Device.parse("cuda")));
    return same
        ? measured("execution.device")
        : ImmutableSetMultimap.of(COSTS, "execution.device", COSTS, "weights");
  }

  private static Change coupled(String key, Object value) {
    return change(
        key,
        value,
        ImmutableSetMultimap.of(
            COUPLED,
            key,
            COUPLED_SCORES,
            LIBRARY,
            SPEEDS,
            LIBRARY,
            ROUND,
            LIBRARY,
            CHILD,
            LIBRARY));
  }

  private static Change speeds(String key, Object value) {
    return change(key, value, ImmutableSetMultimap.of(SPEEDS, key));
  }

  private static Change rounds(String key, Object value) {
    return change(key, value, ImmutableSetMultimap.of(ROUND, key));
  }

  private static Change searched(String key, Object value) {
    return change(key, value, ImmutableSetMultimap.of(SPEEDS, key, ROUND, key));
  }

  private static Change refitted(String key, Object value) {
    return change(key, value, ImmutableSetMultimap.of(ROUND, key, CHILD, key));
  }

  private static Change child(String key, Object value) {
    return change(key, value, ImmutableSetMultimap.of(CHILD, key));
  }

  private static ImmutableSetMultimap<String, String> both(
      ImmutableSetMultimap<String, String> one, ImmutableSetMultimap<String, String> other) {
    return ImmutableSetMultimap.<String, String>builder().putAll(one).putAll(other).build();
  }

  @Test
  void table_everyKeyOfAPlan_isThere() {
    assertThat(CHANGES.keySet())
        .containsExactlyElementsOf(keys(PlanFiles.JSON.valueToTree(plan), "").toList());
  }

  private static Stream<String> keys(JsonNode group, String prefix) {
    return group.properties().stream()
        .flatMap(
            entry ->
                entry.getValue().isObject()
                    ? keys(entry.getValue(), prefix + entry.getKey() + ".")
                    : Stream.of(prefix + entry.getKey()));
  }

  @Test
  void dependencies_anyKeyChanged_tellOfItInTheStagesThatDependOnIt() throws IOException {
    TinyRun copy = TinyRun.in(Files.createDirectories(directory.resolve("copy")));
    assertThat(copy.directory()).isNotEqualTo(directory);
    Files.writeString(directory.resolve("other.txt"), TinyRun.words(1500, 7));
    Files.writeString(directory.resolve("documents.jsonl"), TinyRun.jsonLines(60, 3));
    OwnJson.scores(directory.resolve("s.json"), "words", candidate -> 1);
    OwnJson.costs(directory.resolve("c.json"), "joules", OwnJson.parameters());
    MeasuredCosts.measure(plan, round -> {}).write(directory.resolve("e.json"));
    ImmutableMap<String, StageInputs> former = dependencies(plan);
    for (Map.Entry<String, Change> entry : CHANGES.entrySet()) {
      Change change = entry.getValue();
      CompressionPlan changed = changed(change.values());
      assertThat(changed).as(entry.getKey()).isNotEqualTo(plan);
      assertThat(changes(former, dependencies(changed)))
          .as(entry.getKey())
          .isEqualTo(change.redone());
    }
  }

  private CompressionPlan changed(ImmutableMap<String, Object> values) throws IOException {
    ImmutableMap.Builder<String, Object> paths = ImmutableMap.builder();
    values.forEach((key, value) -> paths.put("/" + key.replace('.', '/'), located(key, value)));
    return TinyRun.with(plan, paths.buildOrThrow());
  }

  /** Names of files are those of this test's directory. */
  private Object located(String key, Object value) {
    return switch (key) {
      case "inputs.parent" -> directory.resolve("copy/parent").toString();
      case "inputs.texts", "inputs.heldOut", "inputs.ownScores", "inputs.ownCosts" ->
          ImmutableList.copyOf(
              Iterables.transform(
                  (Iterable<?>) value, name -> directory.resolve(name + "").toString()));
      case "inputs.documents.sources" ->
          ImmutableList.of(
              ImmutableMap.of("files", texts(directory.resolve(value + "").toString())));
      case "costs.elsewhere" ->
          ImmutableList.of(
              new CompressionPlan.CostPlan.Elsewhere(
                  directory.resolve(value + ""), ImmutableList.of(plan.targets().get(0).name())));
      default -> value;
    };
  }

  /** Returns what each stage depends on; pairs and architecture are always the same. */
  private ImmutableMap<String, StageInputs> dependencies(CompressionPlan plan) throws IOException {
    StageStore store = new StageStore(directory.resolve("run"), PipelineListener.SILENT);
    // A GPU need not be there to tell what would depend on it.
    try (RunInputs read =
        RunInputs.open(plan.on(Device.CPU), store, ConversationRenderer.OfModel.NONE)) {
      RunInputs inputs =
          new RunInputs(
              plan,
              read.parent(),
              read.tokenizer(),
              read.text(),
              read.own(),
              read.elsewhere(),
              StageDependencies.learning(plan, read.text().trainingFingerprint()),
              read.fingerprint());
      StageInputs library = StageDependencies.library(inputs);
      StageInputs coupled = StageDependencies.coupled(inputs, library.fingerprint(), PAIRS);
      Fingerprint coupledPrint = coupled.fingerprint();
      return ImmutableMap.of(
          LIBRARY, library,
          SCORES, StageDependencies.scores(inputs, library.fingerprint()),
          COSTS, StageDependencies.costs(plan, read.parent().spec(), "machine"),
          COUPLED, coupled,
          COUPLED_SCORES, StageDependencies.scores(inputs, coupledPrint),
          SPEEDS,
              StageDependencies.speeds(inputs, coupledPrint, plan.targets(), ImmutableList.of()),
          ROUND,
              StageDependencies.round(
                  inputs,
                  coupledPrint,
                  PAIRS,
                  ImmutableList.of(),
                  ImmutableList.of(),
                  ARCHITECTURE,
                  plan.search().exchanges()),
          CHILD, StageDependencies.child(inputs, coupledPrint, ARCHITECTURE));
    }
  }

  private static ImmutableSetMultimap<String, String> changes(
      ImmutableMap<String, StageInputs> former, ImmutableMap<String, StageInputs> now) {
    ImmutableSetMultimap.Builder<String, String> changes = ImmutableSetMultimap.builder();
    now.forEach(
        (stage, inputs) ->
            changes.putAll(stage, inputs.changedSince(former.getOrDefault(stage, NONE))));
    return changes.build();
  }

  /** What stages tell when {@code file}, which the plan names as before, has other content. */
  private ImmutableSetMultimap<String, String> changesWith(String file, byte[] content)
      throws IOException {
    ImmutableMap<String, StageInputs> former = dependencies(plan);
    Files.write(directory.resolve(file), content);
    return changes(former, dependencies(plan));
  }

  private byte[] content(String file) throws IOException {
    return Files.readAllBytes(directory.resolve(file));
  }

  private ImmutableSetMultimap<String, String> changesWithText(String file, String text)
      throws IOException {
    return changesWith(file, text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void dependencies_nothingChanged_areTheSame() throws IOException {
    assertThat(changesWith("text.txt", content("text.txt"))).isEqualTo(NOTHING);
  }

  @Test
  void dependencies_keyThatEarlierRunsDidNotHave_isNotAmongThemUntilItIsUsed() throws IOException {
    ImmutableMap<String, StageInputs> all = dependencies(plan);
    assertThat(all.getOrDefault(LIBRARY, NONE).fingerprints())
        .containsKey("space.keepFirstAttention")
        .doesNotContainKey("space.keepLayers");
    assertThat(all.getOrDefault(COSTS, NONE).fingerprints()).doesNotContainKey("space.keepLayers");
  }

  @Test
  void dependencies_moreThreadsThanABatchHasSequences_areTheSame() throws IOException {
    ImmutableMap<String, StageInputs> former = dependencies(plan);
    assertThat(changes(former, dependencies(changed(ImmutableMap.of("execution.threads", 9)))))
        .isEqualTo(NOTHING);
  }

  @Test
  void dependencies_startOfTheCalibrationText_countsForWhatIsLearned() throws IOException {
    String text = Files.readString(directory.resolve("text.txt"));
    assertThat(changesWithText("text.txt", "w0" + text.substring(text.indexOf(' '))))
        .isEqualTo(learnedFrom("training text"));
  }

  @Test
  void dependencies_partOfTheCalibrationTextKeptForScores_countsForScoresAndChildren()
      throws IOException {
    String[] words = Files.readString(directory.resolve("text.txt")).split("(?<=\\s)", -1);
    words[1200 + 64] = "w0 ";
    assertThat(changesWithText("text.txt", String.join("", words))).isEqualTo(VALIDATION);
  }

  @Test
  void dependencies_calibrationTextBehindWhatIsRead_countsForNothing() throws IOException {
    String text = Files.readString(directory.resolve("text.txt"));
    assertThat(changesWithText("text.txt", text + "w1 w2 w3")).isEqualTo(NOTHING);
  }

  @Test
  void dependencies_heldOutText_countsForNothingThatIsKept() throws IOException {
    assertThat(changesWithText("held-out.txt", TinyRun.words(200, 9))).isEqualTo(NOTHING);
  }

  @Test
  void dependencies_parentsWeights_countForWhatIsLearned() throws IOException {
    ImmutableMap<String, StageInputs> former = dependencies(plan);
    try (HeterogeneousModel other = SmallParent.model(SmallParent.spec(), 2)) {
      new SafetensorsWriter()
          .addAll(other.tensors())
          .write(directory.resolve("parent/model.safetensors"));
    }
    assertThat(changes(former, dependencies(plan))).isEqualTo(learnedFrom("parent's weights"));
  }

  @Test
  void dependencies_parentsConfig_countsForWhatIsLearnedAndForCosts() throws IOException {
    String config = Files.readString(directory.resolve("parent/config.json"));
    assertThat(changesWithText("parent/config.json", config.replace("1e-5", "1e-6")))
        .isEqualTo(both(learnedFrom("parent's config"), measured("parent's architecture")));
  }

  @Test
  void dependencies_parentsTokenizerSettings_countForChildren() throws IOException {
    assertThat(changesWithText("parent/tokenizer_config.json", "{\"model_max_length\": 99}"))
        .isEqualTo(ImmutableSetMultimap.of(CHILD, "parent's tokenizer"));
  }
}
