package org.nemotron.nas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.nas.cost.Latency;
import org.nemotron.nas.cost.LatencyMeter;
import org.nemotron.nas.cost.MeterSettings;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.distill.CandidateTraining;
import org.nemotron.nas.distill.GlobalCheckpoint;
import org.nemotron.nas.distill.GlobalDistillation;
import org.nemotron.nas.distill.GlobalDistillationSettings;
import org.nemotron.nas.distill.GlobalDistiller;
import org.nemotron.nas.distill.LocalDistillation;
import org.nemotron.nas.distill.LocalDistillationSettings;
import org.nemotron.nas.distill.LocalDistiller;
import org.nemotron.nas.distill.OptimizerSettings;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Calibrator;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.library.LibraryFiles;
import org.nemotron.nas.score.BlockScorer;
import org.nemotron.nas.score.ModelEvaluator;
import org.nemotron.nas.score.ScoreTable;
import org.nemotron.nas.score.ScoringSettings;

/** A NaN or an overflow put into weights or gradients is caught where it arises, by name. */
final class NonFiniteValuesTest {
  private static final Candidate NARROW = new Candidate.Ffn(1, new FfnSpec.Gated(24));
  private static final Candidate ONE_HEAD =
      new Candidate.Attention(1, new AttentionSpec.GroupedQuery(4, 1, 10));

  /** A product of weights stays as it was, the gradient of one of them overflows. */
  private static final double LARGE = 1e25;

  private NativeScope scope;
  private HeterogeneousModel parent;
  private HeterogeneousModel broken;
  private BlockLibrary library;

  @BeforeEach
  void open() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
    parent = SmallParent.model();
    broken = withNetwork(parent, NonFiniteValuesTest::nan);
    library = calibrated(parent);
  }

  @AfterEach
  void close() {
    library.close();
    broken.close();
    parent.close();
    scope.close();
  }

  /** Changes one tensor. */
  private interface Change {
    Tensor of(String name, Tensor tensor);
  }

  private static Tensor nan(String name, Tensor tensor) {
    return tensor.mul(new Scalar(name.contains("down") ? Double.NaN : 1));
  }

  private static Tensor steep(String name, Tensor tensor) {
    double factor = name.contains("down") ? LARGE : name.contains("up") ? 1 / LARGE : 1;
    return tensor.mul(new Scalar(factor));
  }

  private static NamedTensors changed(NamedTensors weights, Change change) {
    ImmutableMap.Builder<String, Tensor> all = ImmutableMap.builder();
    weights.asMap().forEach((name, tensor) -> all.put(name, change.of(name, tensor)));
    return NamedTensors.of(all.buildOrThrow());
  }

  /** Returns {@code model} with the network of layer 1 changed. */
  private static HeterogeneousModel withNetwork(HeterogeneousModel model, Change change) {
    try (NamedTensors attention = model.block(1).attention().tensors().share();
        NamedTensors ffn = changed(model.block(1).ffn().tensors(), change);
        NamedTensors both =
            NamedTensors.of(
                ImmutableMap.<String, Tensor>builder()
                    .putAll(attention.asMap())
                    .putAll(ffn.asMap())
                    .buildOrThrow())) {
      return model.withBlock(1, SmallParent.BLOCK, both);
    }
  }

  private BlockLibrary withNarrow(Change change) {
    try (NamedTensors fresh = library.weights(NARROW);
        NamedTensors other = changed(fresh, change)) {
      return library.with(ImmutableMap.of(NARROW, other));
    }
  }

  private static BlockLibrary calibrated(HeterogeneousModel model) {
    InitSettings settings =
        new InitSettings(
            InitSettings.ChannelImportance.INDEPENDENT,
            InitSettings.KvHeadStart.MEAN_POOLING,
            2,
            false);
    return new Calibrator(settings).calibrate(model, SmallParent.SPACE, SmallParent.training());
  }

  private static LocalDistillation locally(BlockLibrary start) {
    return new LocalDistiller(
            new LocalDistillationSettings(3, OptimizerSettings.ofRate(1e-3), 10, 0))
        .withThreads(2)
        .distill(start, ImmutableList.of(NARROW, ONE_HEAD), SmallParent.training());
  }

  @Test
  void calibrate_parentGivesNaN_namesBatchAndLayer() {
    assertThatThrownBy(() -> calibrated(broken))
        .isInstanceOf(NonFiniteException.class)
        .hasMessage(
            "calibration, batch 0, the parent: layer 1, FFN gives values that are not"
                + " finite.\n"
                + "Maybe the weights are damaged, or the model overflows in this element type.");
  }

  @Test
  void distillLocally_parentGivesNaN_namesStepAndLayer(@TempDir Path directory) throws IOException {
    ImmutableList<Path> files = LibraryFiles.write(library, library.candidates(), directory);
    assertThat(files).isNotEmpty();
    try (BlockLibrary ofBroken = LibraryFiles.read(directory, broken)) {
      assertThatThrownBy(() -> locally(ofBroken))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageStartingWith(
              "local distillation, step 0, the parent: layer 1, FFN gives values");
      assertThatThrownBy(() -> scored(ofBroken))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageStartingWith("scores, batch 0, the parent: layer 1, FFN gives values");
    }
  }

  @Test
  void distillLocally_gradientOverflows_stopsThatCandidateOnly() {
    try (BlockLibrary steep = withNarrow(NonFiniteValuesTest::steep)) {
      LocalDistillation distilled = locally(steep);
      distilled.library().close();
      CandidateTraining stopped = distilled.trainings().get(0);
      assertThat(stopped.candidate()).isEqualTo(NARROW);
      assertThat(stopped.losses().get(0)).isFinite();
      assertThat(stopped.metNonFinite()).isTrue();
      assertThat(stopped.stop().get(0).step()).isZero();
      assertThat(stopped.stop().get(0).reason()).startsWith("the gradient is not finite (");
      assertThat(distilled.trainings().get(1).stop()).isEmpty();
    }
  }

  private static ScoreTable scored(BlockLibrary weights) {
    return new BlockScorer(ScoringSettings.DEFAULT)
        .withThreads(2)
        .score(weights, SmallParent.heldOut());
  }

  @Test
  void score_candidateGivesNaN_isLeftOutByNameAndTheOthersAreAsEver() {
    try (BlockLibrary nan = withNarrow(NonFiniteValuesTest::nan)) {
      ScoreTable table = scored(nan);
      assertThat(table.leftOut())
          .containsExactly(
              Map.entry(NARROW, "held-out sequence 0: KL (NaN) or loss (NaN) is not finite"));
      ImmutableMap.Builder<Candidate, Object> others = ImmutableMap.builder();
      scored(library)
          .scores()
          .forEach(
              (candidate, score) -> {
                if (!candidate.equals(NARROW)) {
                  others.put(candidate, score);
                }
              });
      assertThat(table.scores()).isEqualTo(others.buildOrThrow());
    }
  }

  @Test
  void score_parentsHeadGivesNaN_namesTheBatch(@TempDir Path directory) throws IOException {
    ImmutableList<Path> files = LibraryFiles.write(library, library.candidates(), directory);
    assertThat(files).isNotEmpty();
    try (NamedTensors all = NamedTensors.of(parent.tensors());
        NamedTensors bad =
            changed(
                all,
                (name, tensor) ->
                    tensor.mul(new Scalar(name.equals("model.norm.weight") ? Double.NaN : 1)));
        HeterogeneousModel headless = HeterogeneousModel.of(parent.spec(), bad);
        BlockLibrary ofHeadless = LibraryFiles.read(directory, headless)) {
      assertThatThrownBy(() -> scored(ofHeadless))
          .isInstanceOf(NonFiniteException.class)
          .hasMessage(
              "scores, batch 0, the parent: the head gives values that are not finite.\n"
                  + "Maybe its weights are damaged, or the logits overflow in this element type.");
    }
  }

  @Test
  void measureLatency_embeddingIsNaN_isCaught() {
    try (NamedTensors all = NamedTensors.of(parent.tensors());
        NamedTensors bad = all.map(tensor -> tensor.mul(new Scalar(Double.NaN)));
        HeterogeneousModel model = HeterogeneousModel.of(parent.spec(), bad)) {
      assertThatThrownBy(
              () ->
                  new LatencyMeter(new MeterSettings(1, 1, 1))
                      .measure(model, SmallParent.SPACE, new Scenario(2, 4, 2)))
          .isInstanceOf(NonFiniteException.class)
          .hasMessage(
              "the logit of token 0 (NaN) must be finite.\n"
                  + "Maybe the weights are damaged, or too large.");
    }
  }

  @Test
  void latency_notANumber_isRefused() {
    assertThatThrownBy(() -> new Latency(1, Double.NaN, 0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a latency must be finite: prefill 1.0 ± 0.0 ns, decode NaN ± 0.0 ns");
  }

  private GlobalDistillation globally(
      HeterogeneousModel child, double rate, int evaluateEvery, GlobalCheckpoint checkpoint)
      throws IOException {
    return new GlobalDistiller(
            new GlobalDistillationSettings(
                4, OptimizerSettings.ofRate(rate), 1, 1, 0, evaluateEvery),
            checkpoint)
        .withThreads(2)
        .distill(parent, child, SmallParent.training(), SmallParent.heldOut());
  }

  @Test
  void distillGlobally_childGivesNaN_namesTheLayerAndHasNothingToBeginWith() {
    assertThatThrownBy(() -> globally(broken, 1e-3, 2, GlobalCheckpoint.NONE))
        .isInstanceOf(NonFiniteException.class)
        .hasMessage(
            "global distillation: the assembled child's KL to the parent (NaN) is not finite,"
                + " first in the child's layer 1, FFN, so that there is nothing to begin"
                + " with.");
  }

  @Test
  void distillGlobally_weightsOverflow_namesStepAndLayerAndKeepsTheBest() throws IOException {
    try (HeterogeneousModel child = parent.withBlock(1, BlockSpec.NO_OP, NamedTensors.none())) {
      GlobalDistillation distilled = globally(child, 1e18, 4, GlobalCheckpoint.NONE);
      try (HeterogeneousModel best = distilled.child()) {
        assertThat(distilled.stop()).hasSize(1);
        assertThat(distilled.stop().get(0))
            .isEqualTo(
                "step 1: the loss (NaN) is not finite, first in the child's layer 0,"
                    + " attention; the best child before it is kept");
        assertThat(TensorValues.of(best.tensors())).isEqualTo(TensorValues.of(child.tensors()));
      }
    }
  }

  @Test
  void distillGlobally_weightsOverflowBeforeAMeasurement_endsThere() throws IOException {
    try (HeterogeneousModel child = parent.withBlock(1, BlockSpec.NO_OP, NamedTensors.none())) {
      GlobalDistillation distilled = globally(child, 1e18, 1, GlobalCheckpoint.NONE);
      distilled.child().close();
      assertThat(distilled.stop().get(0))
          .startsWith("step 1: the held-out KL (NaN) is not finite, first in the child's ");
      assertThat(distilled.evaluations()).hasSize(1);
    }
  }

  @Test
  void distillGlobally_gradientOverflows_endsAtThatStepWithItsStateSaved(@TempDir Path directory)
      throws IOException {
    GlobalCheckpoint checkpoint =
        GlobalCheckpoint.in(
            directory.resolve("state"), Fingerprint.builder().put("a", 1).build(), why -> {});
    try (HeterogeneousModel child = parent.withBlock(1, BlockSpec.NO_OP, NamedTensors.none())) {
      GlobalDistillation distilled = globally(child, 1e30, 4, checkpoint);
      distilled.child().close();
      assertThat(distilled.stop()).hasSize(1);
      assertThat(distilled.stop().get(0))
          .matches(
              "step 1: the gradient \\(norm NaN\\) is not finite, first in model\\.[a-z0-9_.]+; the"
                  + " best child before it is kept");
      assertThat(directory.resolve("state/state.json")).isNotEmptyFile();
    }
  }

  @Test
  void evaluate_modelGivesNaN_namesItsIndexAndTheLayer() {
    assertThatThrownBy(
            () ->
                new ModelEvaluator(SmallParent.heldOut(), 2)
                    .evaluate(parent, ImmutableList.of(parent, broken)))
        .isInstanceOf(NonFiniteException.class)
        .hasMessage(
            "evaluation, model 1: KL (NaN) or loss (NaN) is not finite, first in layer 1,"
                + " FFN.\n"
                + "Maybe the weights are damaged.");
  }
}
