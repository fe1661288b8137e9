package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.core.text.TextFiles;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.core.text.TokenCorpus;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.nas.distill.GlobalDistiller;
import org.nemotron.nas.score.ScoreTable;

/**
 * What a run reads: parent, tokenizer and tokens. The same for all stages.
 *
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
    TokenCorpus training,
    TokenCorpus validation,
    ImmutableList<TokenCorpus> heldOut,
    OwnTables own,
    CostSources elsewhere,
    StageInputs learning,
    Fingerprint fingerprint)
    implements AutoCloseable {

  // A token is about four bytes of text; reading eight times as much leaves room for sparse text.
  private static final int BYTES_PER_TOKEN = 8;

  /** Reads everything, and checks that there is enough text. */
  static RunInputs open(CompressionPlan plan) throws IOException {
    Path directory = plan.inputs().parent();
    OwnTables own = OwnTables.read(plan);
    ModelSpec spec = ModelSpecReader.read(directory);
    own.check(spec, plan.space());
    CostSources elsewhere = CostSources.read(plan, spec, own);
    HeterogeneousModel parent =
        ModelReader.read(directory, plan.execution().dtype(), plan.execution().device());
    Tokenizer tokenizer = Tokenizer.open(directory);
    CalibrationText calibration = CalibrationText.read(plan, parent, tokenizer);
    CompressionPlan.DataPlan data = plan.data();
    ImmutableList.Builder<TokenCorpus> heldOut = ImmutableList.builder();
    int heldOutTokens = data.heldOutWindowTokens() * data.heldOutWindows();
    checkLength("inputs.texts: the part to train on", calibration.training(), data.windowTokens());
    checkLength(
        "inputs.texts: the part kept for scores", calibration.validation(), data.windowTokens());
    for (Path file : plan.inputs().heldOut()) {
      TokenCorpus corpus = encode(file, parent, tokenizer, heldOutTokens);
      checkLength(file.toString(), corpus, data.heldOutWindowTokens());
      heldOut.add(corpus);
    }
    ImmutableList<TokenCorpus> measured = heldOut.build();
    StageInputs learning = StageDependencies.learning(plan, calibration.training());
    Fingerprint.Builder all =
        Fingerprint.builder()
            .put("learning", learning.fingerprint())
            .put("validation", calibration.validation().fingerprint())
            .put("data", CanonicalJson.text(PlanFiles.JSON.valueToTree(data)));
    own.fingerprints().forEach(all::put);
    return new RunInputs(
        plan,
        parent,
        tokenizer,
        calibration.training(),
        calibration.validation(),
        measured,
        own,
        elsewhere,
        learning,
        all.build());
  }

  private static void checkLength(String what, TokenCorpus corpus, int windowTokens) {
    checkArgument(
        corpus.length() >= windowTokens,
        "%s has %s tokens, but a window has %s.\nMaybe give more text, or shorter windows.",
        what,
        corpus.length(),
        windowTokens);
  }

  /** The calibration text, its last part kept apart. */
  private record CalibrationText(TokenCorpus training, TokenCorpus validation) {
    static CalibrationText read(
        CompressionPlan plan, HeterogeneousModel parent, Tokenizer tokenizer) throws IOException {
      int files = plan.inputs().texts().size();
      CompressionPlan.DataPlan data = plan.data();
      ImmutableIntArray.Builder training = ImmutableIntArray.builder();
      ImmutableIntArray.Builder validation = ImmutableIntArray.builder();
      for (Path file : plan.inputs().texts()) {
        int wanted = (data.trainingTokens() + data.validationTokens()) / files;
        TokenCorpus corpus = encode(file, parent, tokenizer, wanted);
        int kept = Math.min(data.validationTokens() / files, corpus.length() / 4);
        training.addAll(corpus.tokens(0, corpus.length() - kept));
        validation.addAll(corpus.tokens(corpus.length() - kept, corpus.length()));
      }
      return new CalibrationText(
          TokenCorpus.of(training.build()), TokenCorpus.of(validation.build()));
    }
  }

  private static TokenCorpus encode(
      Path file, HeterogeneousModel parent, Tokenizer tokenizer, int maxTokens) throws IOException {
    long maxBytes = (long) maxTokens * BYTES_PER_TOKEN;
    return TokenCorpus.encode(
        TextFiles.documents(file, maxBytes), tokenizer, parent.spec(), maxTokens);
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
    return new TokenBatches(
        training,
        batchSize,
        plan.data().windowTokens(),
        new Seed(plan.execution().seed()).named(purpose));
  }

  /** Returns the batches that scores are made on and the best child is chosen by. */
  EvaluationBatches validationBatches() {
    int window = plan.data().windowTokens();
    return new EvaluationBatches(
        validation, plan.data().batchSize(), window, Math.max(1, validation.length() / window));
  }

  /** Returns the batches that the report measures on, one entry per held-out text. */
  ImmutableList<EvaluationBatches> heldOutBatches() {
    return heldOut.stream()
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
    tokenizer.close();
    parent.close();
  }
}
