package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.data.ConversationRenderer;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.core.text.TokenCorpus;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.nas.distill.GlobalDistiller;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.pipeline.CompressionPlan.Execution;
import org.nemotron.nas.score.ScoreTable;

/**
 * What a run reads: parent, tokenizer and tokens. The same for all stages.
 *
 * @param text what is learned from and measured on
 * @param own scores and costs of the user's own
 * @param elsewhere costs of other machines
 * @param learning all that what is learned from the training text depends on, but for the settings
 *     of the stage
 * @param fingerprint of parent, texts and the settings that say how they are read
 */
record RunInputs(
    CompressionPlan plan,
    HeterogeneousModel parent,
    Tokenizer tokenizer,
    RunText text,
    OwnTables own,
    CostSources elsewhere,
    StageInputs learning,
    Fingerprint fingerprint)
    implements AutoCloseable {

  /** What is read and checked without models and texts, for an estimate too. */
  record Tables(ModelSpec parent, OwnTables own, CostSources elsewhere) {
    /**
     * Reads the parent's architecture, own scores and costs, and costs of other machines.
     *
     * @throws IOException if a file is missing, damaged or of something else
     * @throws IllegalArgumentException if the plan does not go with the parent
     */
    static Tables read(CompressionPlan plan) throws IOException {
      OwnTables own = OwnTables.read(plan);
      ModelSpec parent = ModelSpecReader.read(plan.inputs().parent());
      ImmutableList<Candidate> unused =
          plan.space().candidates(parent); // refuses what is not there
      own.check(parent, plan.space());
      CostSources elsewhere = CostSources.read(plan, parent, own);
      RunText.checkWindows(plan.data(), parent);
      return new Tables(parent, own, elsewhere);
    }
  }

  /** Reads everything, and checks that there is enough text. */
  static RunInputs open(
      CompressionPlan plan, StageStore store, ConversationRenderer.OfModel conversations)
      throws IOException {
    Gpu.check(plan.execution().device());
    Path directory = plan.inputs().parent();
    Tables tables = Tables.read(plan);
    ModelSpec spec = tables.parent();
    try (Resources made = new Resources()) {
      Tokenizer tokenizer = made.add(Tokenizer.open(directory), Tokenizer::close);
      RunText text =
          made.add(
              plan.inputs().documents().isUsed()
                  ? DocumentText.read(plan, spec, tokenizer, store, conversations)
                  : RunText.ofTexts(plan, spec, tokenizer),
              RunText::close);
      HeterogeneousModel parent =
          made.add(model(directory, plan.execution()), HeterogeneousModel::close);
      StageInputs learning = StageDependencies.learning(plan, text.trainingFingerprint());
      Fingerprint.Builder all =
          Fingerprint.builder()
              .put("learning", learning.fingerprint())
              .put("validation", text.validation().fingerprint())
              .put("data", CanonicalJson.text(PlanFiles.JSON.valueToTree(plan.data())));
      tables.own().fingerprints().forEach(all::put);
      Resources unused = made.complete();
      return new RunInputs(
          plan, parent, tokenizer, text, tables.own(), tables.elsewhere(), learning, all.build());
    }
  }

  /**
   * Returns the parent or a child at {@code directory} as the plan's processes hold it; the caller
   * closes it.
   */
  static HeterogeneousModel model(Path directory, Execution execution) throws IOException {
    return switch (execution.parent()) {
      case WHOLE -> ModelReader.read(directory, execution.dtype(), execution.device());
      case DIVIDED -> ModelReader.offloaded(directory, execution.dtype(), execution.device());
    };
  }

  /** Returns the tokens for scores and for the choice of the best child. */
  TokenCorpus validation() {
    return text.validation();
  }

  /** Returns all that was measured, with the own scores. */
  ScoreTable withOwn(ScoreTable measured) {
    return own.withOwn(parent.spec(), measured);
  }

  /** Returns how many cores work side by side. */
  int threads() {
    int threads = plan.execution().threads();
    return threads == 0 ? CpuThreads.available() : threads;
  }

  /** Returns in how many parts a batch is computed: a GPU takes it whole. */
  int partsOfBatch(int batchSize) {
    return GlobalDistiller.partsOfBatch(parent.device(), threads(), batchSize);
  }

  /** Returns the batches of local distillation and calibration. */
  TokenBatches trainingBatches(String purpose, int batchSize) {
    return text.trainingBatches(batchSize, new Seed(plan.execution().seed()).named(purpose));
  }

  /** Returns the batches that scores are made on and the best child is chosen by. */
  EvaluationBatches validationBatches() {
    int window = plan.data().windowTokens();
    return new EvaluationBatches(
        validation(), plan.data().batchSize(), window, Math.max(1, validation().length() / window));
  }

  /** Returns the batches that the report measures on, one entry per held-out text. */
  ImmutableList<EvaluationBatches> heldOutBatches() {
    return text.heldOut().stream()
        .map(
            corpus ->
                new EvaluationBatches(
                    corpus,
                    plan.data().batchSize(),
                    plan.data().heldOutWindowTokens(),
                    plan.data().heldOutWindows()))
        .collect(ImmutableList.toImmutableList());
  }

  @Override
  public void close() {
    text.close();
    tokenizer.close();
    parent.close();
  }
}
