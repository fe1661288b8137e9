package org.nemotron.nas.pipeline;

import static com.google.common.base.Verify.verifyNotNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.checkpoint.GgufModelUnpacker;
import org.nemotron.core.data.ConversationRenderer;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.LatencyMeter;
import org.nemotron.nas.distill.GlobalDistillationSettings;
import org.nemotron.nas.distill.OptimizerStates;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.search.Budget;

/**
 * What the result of each stage depends on, and nothing else: a stage is done again when one of
 * these is not as it was. Settings have the names that they have in a plan's file; values count as
 * {@link CanonicalJson}, so that no name of a class does.
 *
 * <p>Not here, because results are the same with any: the number of threads, but for children;
 * {@code local.residentLayers}; where files lie. Nor what only the evaluation reads, which is done
 * each time.
 */
final class StageDependencies {
  /** Of all that stages store. */
  private static final long FORMAT = 5;

  static final String LIBRARY = "library";
  static final String PARENT_CONFIG = "parent's config";
  static final String PARENT_WEIGHTS = "parent's weights";
  static final String ARCHITECTURE = "parent's architecture";

  private static final String VALIDATION_TEXT = "validation text";

  private StageDependencies() {}

  private static StageInputs.Builder stored() {
    return StageInputs.builder().put(StageInputs.FORMAT, FORMAT);
  }

  /** Returns what the directory made of a parent in GGUF form depends on. */
  static StageInputs parent(Path file, CompressionPlan plan) throws IOException {
    StageInputs.Builder inputs =
        stored()
            .put("the file's name", file.getFileName().toString())
            .put("the file", Fingerprint.ofFile(file))
            .put("execution.dtype", plan.execution().dtype().configName());
    for (Path part : GgufModelUnpacker.furtherParts(file)) {
      inputs.put(part.getFileName().toString(), Fingerprint.ofFile(part));
    }
    return inputs.build();
  }

  /**
   * Returns what the token store of a plan's documents depends on.
   *
   * @param files a hash of all files
   */
  static StageInputs tokens(
      CompressionPlan plan,
      ModelSpec parent,
      Fingerprint files,
      Optional<ConversationRenderer> renderer)
      throws IOException {
    DocumentPlan documents = plan.inputs().documents();
    StageInputs.Builder tokens = stored().put("the sources' files", files);
    for (int index = 0; index < documents.sources().size(); index++) {
      ObjectNode source = PlanFiles.JSON.valueToTree(documents.sources().get(index));
      tokens.put("inputs.documents.sources " + index, source.without("files"));
    }
    tokens
        .put("inputs.documents.badRecords", documents.badRecords().name())
        .put(
            "inputs.documents shares", documents.validationShare() + " " + documents.heldOutShare())
        .put("data.trainingTokens", plan.data().trainingTokens())
        .put("parent's special tokens", parent.specialTokens().toString())
        .put("parent's vocabulary", parent.vocabularySize())
        .put("parent's tokenizer", ParentFingerprints.takenOver(plan.inputs().parent()));
    renderer.ifPresent(template -> tokens.put("parent's chat template", template.fingerprint()));
    return tokens.build();
  }

  /** Returns all that what is learned from the training text depends on, in any stage. */
  static StageInputs learning(CompressionPlan plan, Fingerprint training) throws IOException {
    Path directory = plan.inputs().parent();
    return stored()
        .put(PARENT_CONFIG, Fingerprint.ofFile(directory.resolve("config.json")))
        .put(PARENT_WEIGHTS, ParentFingerprints.weights(directory))
        .put("training text", training)
        .put("execution.seed", plan.execution().seed())
        .put("execution.dtype", plan.execution().dtype().configName())
        .put("execution.device", plan.execution().device().toString())
        .put("data.windowTokens", plan.data().windowTokens())
        .put("data.batchSize", plan.data().batchSize())
        .build();
  }

  /** Returns what the library of candidates trained apart depends on. */
  static StageInputs library(RunInputs inputs) {
    CompressionPlan plan = inputs.plan();
    return StageInputs.builder()
        .putAll(inputs.learning())
        .putSettings("space", withoutDefaults(plan.space()))
        .putSettings("init", plan.init())
        .putSettings("local", plan.local().withResidentLayers(0))
        .build();
  }

  /**
   * Returns the settings of a space, without the key that spaces have had since {@link #FORMAT} 4
   * where it is not used: runs of before go on.
   */
  private static ObjectNode withoutDefaults(SearchSpace space) {
    return space.keepLayers().isEmpty() ? withoutKept(space) : PlanFiles.JSON.valueToTree(space);
  }

  /** Returns the settings of global distillation, likewise. */
  private static ObjectNode withoutDefaults(GlobalDistillationSettings global) {
    ObjectNode json = PlanFiles.JSON.valueToTree(global);
    if (global.optimizerStates() == OptimizerStates.FLOAT32) {
      json.remove("optimizerStates");
    }
    if (global.microBatch() == 0) {
      json.remove("microBatch");
    }
    return json;
  }

  /** Returns the settings of a space but the layers kept, whose costs are measured all the same. */
  private static ObjectNode withoutKept(SearchSpace space) {
    ObjectNode json = PlanFiles.JSON.valueToTree(space);
    return json.without("keepLayers");
  }

  /** Returns the version of all that stages store. */
  static Fingerprint format() {
    return verifyNotNull(stored().build().fingerprints().get(StageInputs.FORMAT));
  }

  /** Returns what the scores of the candidates of {@code library} depend on. */
  static StageInputs scores(RunInputs inputs, Fingerprint library) {
    return stored()
        .put(LIBRARY, library)
        .put(VALIDATION_TEXT, inputs.validation().fingerprint())
        .put("scoring.candidatesPerPass", inputs.plan().scoring().candidatesPerPass())
        .build();
  }

  /**
   * Returns what the scores of candidates by tasks depend on.
   *
   * @param items a hash of the items' texts
   */
  static StageInputs taskScores(
      RunInputs inputs, Fingerprint library, ImmutableSet<Candidate> candidates, String items)
      throws IOException {
    return stored()
        .put(LIBRARY, library)
        .put("candidates", CanonicalJson.of(candidates))
        .put("items", items)
        .put("parent's tokenizer", ParentFingerprints.takenOver(inputs.plan().inputs().parent()))
        .build();
  }

  /** Returns the fingerprint of a parent's architecture. */
  static Fingerprint architecture(ModelSpec parent) {
    return verifyNotNull(
        StageInputs.builder()
            .put(ARCHITECTURE, CanonicalJson.of(parent))
            .build()
            .fingerprints()
            .get(ARCHITECTURE));
  }

  /** Returns what costs depend on; they hold for one kind of {@code machine}. */
  static StageInputs costs(CompressionPlan plan, ModelSpec parent, String machine) {
    CompressionPlan.CostPlan costs = plan.costs();
    StageInputs.Builder inputs = stored();
    if (costs.tensorParallel() > 1) { // runs of earlier versions have no such key
      inputs.put("costs.tensorParallel", costs.tensorParallel());
    }
    return inputs
        .put(ARCHITECTURE, architecture(parent))
        .putSettings("space", withoutKept(plan.space()))
        .put("costs.batchSizes", PlanFiles.JSON.valueToTree(costs.batchSizes()))
        .put("costs.promptTokens", costs.promptTokens())
        .put("costs.outputTokens", costs.outputTokens())
        .put("costs.meter.prefillRounds", costs.meter().prefillRounds())
        .put("costs.meter.decodeRounds", costs.meter().decodeRounds())
        .put("method", LatencyMeter.METHOD)
        .put("execution.device", plan.execution().device().toString())
        .put("weights", Backends.bestFormat(plan.execution().device()).name())
        .put("machine", machine)
        .build();
  }

  /**
   * Returns what pairs trained together depend on; for which speed-ups they were picked does not
   * count.
   */
  static StageInputs coupled(
      RunInputs inputs, Fingerprint library, ImmutableSet<Candidate.Block> pairs) {
    return stored()
        .put(LIBRARY, library)
        .put("pairs", CanonicalJson.of(pairs))
        .put("coupled.steps", inputs.plan().coupled().steps())
        .putSettings("coupled.optimizer", inputs.plan().coupled().optimizer())
        .build();
  }

  /**
   * Returns what the measured speeds of whole models depend on.
   *
   * @param library whose candidates the search picks from
   * @param targets those that limit speed
   * @param costs as measured, by which the search predicts
   */
  static StageInputs speeds(
      RunInputs inputs, Fingerprint library, List<Target> targets, List<CostTable> costs) {
    CompressionPlan plan = inputs.plan();
    return stored()
        .putAll(new StageInputs(inputs.own().fingerprints()))
        .put(LIBRARY, library)
        .put(VALIDATION_TEXT, inputs.validation().fingerprint())
        .put("scoring.metric", plan.scoring().metric().name())
        .put("costs", TableFiles.json(costs))
        .put("costs.meter.generationRounds", plan.costs().meter().generationRounds())
        .put("costs.corrections", plan.costs().corrections())
        .put("targets", PlanFiles.JSON.valueToTree(targets))
        .build();
  }

  /**
   * Returns what a round that improves {@code child} depends on.
   *
   * @param candidates that are scored
   * @param costs and budgets of the first search, which hold for all rounds
   * @param exchanges how many choices may be exchanged
   */
  static StageInputs round(
      RunInputs inputs,
      Fingerprint library,
      ImmutableSet<? extends Candidate> candidates,
      List<CostTable> costs,
      List<Budget> budgets,
      Architecture child,
      int exchanges) {
    CompressionPlan plan = inputs.plan();
    StageInputs.Builder round = stored().putAll(new StageInputs(inputs.own().fingerprints()));
    if (plan.refit().batches() > 0) {
      round.putSettings("refit", plan.refit());
    }
    return round
        .put(LIBRARY, library)
        .put(VALIDATION_TEXT, inputs.validation().fingerprint())
        .put("candidates", CanonicalJson.of(candidates))
        .put("architecture", CanonicalJson.of(child))
        .put("costs", TableFiles.json(costs))
        .put("budgets", PlanFiles.JSON.valueToTree(budgets))
        .put("scoring.metric", plan.scoring().metric().name())
        .put("scoring.candidatesPerPass", plan.scoring().candidatesPerPass())
        .put("search.exchanges", exchanges)
        .build();
  }

  /** Returns what a child assembled from {@code library} depends on. */
  static StageInputs child(RunInputs inputs, Fingerprint library, Architecture architecture)
      throws IOException {
    CompressionPlan plan = inputs.plan();
    StageInputs.Builder child = stored();
    if (plan.refit().batches() > 0) {
      child.putSettings("refit", plan.refit());
    }
    return child
        .put(LIBRARY, library)
        .put("architecture", CanonicalJson.of(architecture))
        .put(VALIDATION_TEXT, inputs.validation().fingerprint())
        .putSettings("global", withoutDefaults(plan.global()))
        .put("data.globalBatchSize", plan.data().globalBatchSize())
        .put("execution.threads", inputs.partsOfBatch(plan.data().globalBatchSize()))
        .put("parent's tokenizer", ParentFingerprints.takenOver(plan.inputs().parent()))
        .put("execution.childDtype", plan.execution().childDtype().configName())
        .build();
  }
}
