package org.nemotron.nas.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.ImmutableDoubleArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.CorruptedFiles;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.TensorValues;

final class GlobalDistillerTest {
  /** Gradients of parts of a batch are added in another order: float32, amplified by AdamW. */
  private static final double THREADS_TOLERANCE = 1e-3;

  /** Means of some hundred float32 numbers against float64. */
  private static final double TOLERANCE = 1e-5;

  private static final BlockSpec CHEAP =
      new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Gated(24));
  private static final int STEPS = 10;

  private NativeScope scope;
  private HeterogeneousModel parent;
  private HeterogeneousModel start;

  @BeforeEach
  void open() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
    parent = SmallParent.model();
    try (NamedTensors weights = SmallParent.weights(CHEAP.tensorShapes(SmallParent.WIDTH), 20)) {
      start = parent.withBlock(1, CHEAP, weights);
    }
  }

  @AfterEach
  void close() {
    start.close();
    parent.close();
    scope.close();
  }

  private static GlobalDistillationSettings settings(
      int steps, double cosine, double kl, double lm) {
    return new GlobalDistillationSettings(steps, OptimizerSettings.ofRate(3e-3), cosine, kl, lm, 4);
  }

  private GlobalDistillation distill(
      int threads,
      GlobalDistillationSettings settings,
      GlobalCheckpoint checkpoint,
      LongConsumer progress)
      throws IOException {
    return new GlobalDistiller(settings, checkpoint)
        .withThreads(threads)
        .distill(parent, start, SmallParent.training(), SmallParent.heldOut(), progress);
  }

  @Test
  void distill_cosineAndKl_bringsLossAndHeldOutKlDown() throws IOException {
    GlobalDistillation distilled =
        distill(2, settings(STEPS, 1, 1, 0), GlobalCheckpoint.NONE, step -> {});
    try (HeterogeneousModel child = distilled.child()) {
      ImmutableDoubleArray losses = distilled.losses();
      assertThat(losses.length()).isEqualTo(STEPS);
      assertThat(losses.get(STEPS - 1)).isLessThan(losses.get(0));
      assertThat(distilled.evaluations())
          .extracting(GlobalDistillation.Evaluation::step)
          .containsExactly(0, 4, 8, 10);
      assertThat(distilled.evaluations().get(3).klNats())
          .isLessThan(distilled.evaluations().get(0).klNats());
      assertThat(heldOutKl(child))
          .isCloseTo(
              distilled.evaluations().stream()
                  .mapToDouble(GlobalDistillation.Evaluation::klNats)
                  .min()
                  .orElseThrow(),
              within(TOLERANCE));
    }
  }

  private double heldOutKl(HeterogeneousModel child) {
    GlobalLoss loss = new GlobalLoss(parent, settings(1, 0, 1, 0));
    double sum = 0;
    for (int batch = 0; batch < SmallParent.heldOut().batches(); batch++) {
      Tensor ids = SmallParent.heldOut().batch(batch);
      sum += loss.klNats(child, ids) * ids.size(0);
    }
    return sum / SmallParent.heldOut().windows();
  }

  @Test
  void distill_trainingDoesHarm_returnsTheChildItBeganWith() throws IOException {
    OptimizerSettings wild = new OptimizerSettings(10, 0, 1, 0.9, 0.95, 0, 1);
    GlobalDistillation distilled =
        distill(
            1,
            new GlobalDistillationSettings(4, wild, 1, 1, 0, 2),
            GlobalCheckpoint.NONE,
            step -> {});
    try (HeterogeneousModel child = distilled.child()) {
      assertThat(TensorValues.of(child.tensors())).isEqualTo(TensorValues.of(start.tensors()));
    }
  }

  @Test
  void distill_anySettings_leavesParentAndStartAsTheyWere() throws IOException {
    var parentBefore = TensorValues.of(parent.tensors());
    var startBefore = TensorValues.of(start.tensors());
    try (HeterogeneousModel child =
        distill(2, settings(3, 1, 1, 0), GlobalCheckpoint.NONE, step -> {}).child()) {
      assertThat(TensorValues.of(parent.tensors())).isEqualTo(parentBefore);
      assertThat(TensorValues.of(start.tensors())).isEqualTo(startBefore);
    }
  }

  @Test
  void distill_severalThreads_changesTheResultByRoundingOnly() throws IOException {
    GlobalDistillation one =
        distill(1, settings(STEPS, 1, 1, 0), GlobalCheckpoint.NONE, step -> {});
    GlobalDistillation four =
        distill(4, settings(STEPS, 1, 1, 0), GlobalCheckpoint.NONE, step -> {});
    try (HeterogeneousModel ofOne = one.child();
        HeterogeneousModel ofFour = four.child()) {
      assertThat(four.losses().length()).isEqualTo(one.losses().length());
      for (int step = 0; step < STEPS; step++) {
        assertThat(four.losses().get(step))
            .isCloseTo(one.losses().get(step), within(THREADS_TOLERANCE));
      }
      Tensor ids = SmallParent.heldOut().batch(0);
      double difference = ofOne.logits(ids).sub(ofFour.logits(ids)).abs().max().item_double();
      assertThat(difference).isLessThan(THREADS_TOLERANCE);
    }
  }

  @Test
  void distill_sameThreads_givesTheSameBits() throws IOException {
    GlobalDistillation first =
        distill(2, settings(STEPS, 1, 1, 0), GlobalCheckpoint.NONE, step -> {});
    GlobalDistillation second =
        distill(2, settings(STEPS, 1, 1, 0), GlobalCheckpoint.NONE, step -> {});
    try (HeterogeneousModel one = first.child();
        HeterogeneousModel two = second.child()) {
      assertThat(TensorValues.of(two.tensors())).isEqualTo(TensorValues.of(one.tensors()));
      assertThat(second.losses()).isEqualTo(first.losses());
    }
  }

  @Test
  void distill_killedAndResumed_givesTheSameBitsAsUninterrupted(@TempDir Path directory)
      throws IOException {
    GlobalDistillationSettings settings = settings(STEPS, 1, 1, 0);
    GlobalCheckpoint checkpoint =
        GlobalCheckpoint.in(
            directory.resolve("state"), Fingerprint.builder().put("a", 1).build(), why -> {});
    assertThatThrownBy(() -> distill(2, settings, checkpoint, GlobalDistillerTest::killAtSeven))
        .hasMessage("killed");
    long[] firstStep = {0};
    GlobalDistillation resumed =
        distill(
            2,
            settings,
            checkpoint,
            step -> firstStep[0] = firstStep[0] == 0 ? step : firstStep[0]);
    GlobalDistillation whole = distill(2, settings, GlobalCheckpoint.NONE, step -> {});
    try (HeterogeneousModel actual = resumed.child();
        HeterogeneousModel expected = whole.child()) {
      assertThat(firstStep[0]).isEqualTo(5); // saved at step 4
      assertThat(resumed.losses()).isEqualTo(whole.losses());
      assertThat(resumed.evaluations()).isEqualTo(whole.evaluations());
      assertThat(TensorValues.of(actual.tensors())).isEqualTo(TensorValues.of(expected.tensors()));
    }
  }

  @Test
  void distill_stateOfAnotherTraining_isNotUsed(@TempDir Path directory) throws IOException {
    Path state = directory.resolve("state");
    GlobalCheckpoint other =
        GlobalCheckpoint.in(state, Fingerprint.builder().put("a", 1).build(), why -> {});
    assertThatThrownBy(
            () -> distill(1, settings(STEPS, 1, 1, 0), other, GlobalDistillerTest::killAtSeven))
        .hasMessage("killed");
    long[] calls = {0};
    List<String> messages = new ArrayList<>();
    GlobalCheckpoint own =
        GlobalCheckpoint.in(state, Fingerprint.builder().put("a", 2).build(), messages::add);
    distill(1, settings(4, 1, 1, 0), own, step -> calls[0]++).child().close();
    assertThat(calls[0]).isEqualTo(4);
    assertThat(messages)
        .containsExactly(
            "the saved state of the distillation is not used: "
                + state
                + " belongs to other settings or inputs");
  }

  @Test
  void distill_savedStateDamaged_namesTheFileAndBeginsAnew(@TempDir Path directory)
      throws IOException {
    Path state = directory.resolve("state");
    Fingerprint one = Fingerprint.builder().put("a", 1).build();
    GlobalDistillationSettings settings = settings(8, 1, 1, 0);
    GlobalDistillation whole = distill(2, settings, GlobalCheckpoint.NONE, step -> {});
    for (String name : List.of("current.safetensors", "optimizer.pt", "state.json")) {
      Path file = state.resolve(name);
      String damaged = name.equals("state.json") ? " is damaged" : " is not as it was written";
      for (CorruptedFiles damage : CorruptedFiles.values()) {
        List<String> messages = new ArrayList<>();
        List<Long> steps = new ArrayList<>();
        GlobalCheckpoint checkpoint = GlobalCheckpoint.in(state, one, messages::add);
        assertThatThrownBy(() -> distill(2, settings, checkpoint, GlobalDistillerTest::killAtSeven))
            .hasMessage("killed");
        messages.clear();
        damage.to(file);
        GlobalDistillation again = distill(2, settings, checkpoint, steps::add);
        try (HeterogeneousModel actual = again.child()) {
          assertThat(messages)
              .containsExactly(
                  "the saved state of the distillation is not used: "
                      + file
                      + (damage == CorruptedFiles.DELETED ? " is missing" : damaged));
          assertThat(steps).startsWith(1L, 2L).endsWith(8L);
          assertThat(again.losses()).isEqualTo(whole.losses());
          assertThat(TensorValues.of(actual.tensors()))
              .isEqualTo(TensorValues.of(whole.child().tensors()));
        }
      }
    }
    whole.child().close();
  }

  @Test
  void save_justMeasuredAndBest_writesTheChildOnce(@TempDir Path directory) {
    Path state = directory.resolve("state");
    GlobalCheckpoint checkpoint =
        GlobalCheckpoint.in(state, Fingerprint.builder().put("a", 1).build(), why -> {});
    assertThatThrownBy(
            () ->
                distill(2, settings(STEPS, 1, 1, 0), checkpoint, GlobalDistillerTest::killAtSeven))
        .hasMessage("killed");
    assertThat(state.resolve("current.safetensors")).isNotEmptyFile();
    assertThat(state.resolve("best.safetensors")).doesNotExist();
  }

  @Test
  void distill_killedAfterAnEarlierBest_returnsThatOne(@TempDir Path directory) throws IOException {
    OptimizerSettings wild = new OptimizerSettings(10, 0, 1, 0.9, 0.95, 0, 1);
    GlobalDistillationSettings harmful = new GlobalDistillationSettings(8, wild, 1, 1, 0, 4);
    Path state = directory.resolve("state");
    GlobalCheckpoint checkpoint =
        GlobalCheckpoint.in(state, Fingerprint.builder().put("a", 1).build(), why -> {});
    assertThatThrownBy(() -> distill(1, harmful, checkpoint, GlobalDistillerTest::killAtSeven))
        .hasMessage("killed");
    assertThat(state.resolve("best.safetensors")).isNotEmptyFile();
    try (HeterogeneousModel child = distill(1, harmful, checkpoint, step -> {}).child()) {
      assertThat(TensorValues.of(child.tensors())).isEqualTo(TensorValues.of(start.tensors()));
    }
  }

  @Test
  void distill_lastStep_savesNothing(@TempDir Path directory) throws IOException {
    Path state = directory.resolve("state");
    GlobalCheckpoint checkpoint =
        GlobalCheckpoint.in(state, Fingerprint.builder().put("a", 1).build(), why -> {});
    distill(2, settings(4, 1, 1, 0), checkpoint, step -> {}).child().close();
    assertThat(state).doesNotExist();
  }

  private static void killAtSeven(long step) {
    if (step == 7) {
      throw new IllegalStateException("killed");
    }
  }

  @Test
  void loss_childIsTheParent_hasNoCosineAndNoKl() {
    Tensor ids = SmallParent.training().batch(0);
    assertThat(loss(1, 1, 0, parent, ids)).isCloseTo(0, within(TOLERANCE));
  }

  @Test
  void loss_eachTerm_equalsPlainJava() {
    Tensor ids = SmallParent.training().batch(0);
    double cosine = slowCosine(ids);
    double kl = slowKl(ids);
    double lm = slowNextToken(ids);
    assertThat(loss(1, 0, 0, start, ids)).isCloseTo(cosine, within(TOLERANCE));
    assertThat(loss(0, 1, 0, start, ids)).isCloseTo(kl, within(TOLERANCE));
    assertThat(loss(0, 0, 1, start, ids)).isCloseTo(lm, within(TOLERANCE));
    assertThat(loss(2, 3, 0.5, start, ids))
        .isCloseTo(2 * cosine + 3 * kl + 0.5 * lm, within(10 * TOLERANCE));
  }

  private double loss(double cosine, double kl, double lm, HeterogeneousModel child, Tensor ids) {
    GlobalLoss loss = new GlobalLoss(parent, settings(1, cosine, kl, lm));
    try (HeterogeneousModel trainable = LayeredPassTest.trainable(child);
        LayeredPass pass = new LayeredPass(loss, trainable, LearnedBatch.all(ids), 1, 0)) {
      return Tensors.scalar(pass.run(layer -> {}));
    }
  }

  private double slowCosine(Tensor ids) {
    HiddenStates ours = HiddenStates.of(parent, ids);
    HiddenStates theirs = HiddenStates.of(start, ids);
    double sum = 0;
    for (int hiddenState = 1; hiddenState <= 3; hiddenState++) {
      float[] a = Tensors.floats(ours.hiddenStatesBTD().get(hiddenState));
      float[] b = Tensors.floats(theirs.hiddenStatesBTD().get(hiddenState));
      int tokens = a.length / SmallParent.WIDTH;
      double mean = 0;
      for (int t = 0; t < tokens; t++) {
        double ab = 0;
        double aa = 0;
        double bb = 0;
        for (int i = t * SmallParent.WIDTH; i < (t + 1) * SmallParent.WIDTH; i++) {
          ab += (double) a[i] * b[i];
          aa += (double) a[i] * a[i];
          bb += (double) b[i] * b[i];
        }
        mean += ab / Math.sqrt(aa * bb) / tokens;
      }
      sum += 1 - mean;
    }
    return sum;
  }

  private static double[][] logProbabilities(HeterogeneousModel model, Tensor ids) {
    float[] logits = Tensors.floats(model.logits(ids));
    int vocabulary = SmallParent.VOCABULARY;
    double[][] rows = new double[logits.length / vocabulary][vocabulary];
    for (int row = 0; row < rows.length; row++) {
      double sum = 0;
      for (int v = 0; v < vocabulary; v++) {
        sum += Math.exp(logits[row * vocabulary + v]);
      }
      for (int v = 0; v < vocabulary; v++) {
        rows[row][v] = logits[row * vocabulary + v] - Math.log(sum);
      }
    }
    return rows;
  }

  private double slowKl(Tensor ids) {
    double[][] p = logProbabilities(parent, ids);
    double[][] q = logProbabilities(start, ids);
    double sum = 0;
    for (int row = 0; row < p.length; row++) {
      for (int v = 0; v < p[row].length; v++) {
        sum += Math.exp(p[row][v]) * (p[row][v] - q[row][v]);
      }
    }
    return sum / p.length;
  }

  private double slowNextToken(Tensor ids) {
    double[][] q = logProbabilities(start, ids);
    long[] tokens = Tensors.longs(ids);
    double sum = 0;
    int count = 0;
    for (int row = 0; row < tokens.length; row++) {
      if (row % SmallParent.WINDOW != SmallParent.WINDOW - 1) {
        sum -= q[row][(int) tokens[row + 1]];
        count++;
      }
    }
    return sum / count;
  }

  @Test
  void loss_seamsBeforeLayersThatDoNothing_areLeftOut() {
    Tensor ids = SmallParent.training().batch(0);
    try (NamedTensors weights =
            SmallParent.weights(SmallParent.BLOCK.tensorShapes(SmallParent.WIDTH), 9);
        NamedTensors none = NamedTensors.none();
        HeterogeneousModel first = parent.withBlock(1, SmallParent.BLOCK, weights);
        HeterogeneousModel covering = first.withBlock(2, BlockSpec.NO_OP, none)) {
      HiddenStates ours = HiddenStates.of(parent, ids);
      HiddenStates theirs = HiddenStates.of(covering, ids);
      double expected = 0;
      for (int hiddenState : new int[] {1, 3}) {
        Tensor cosine =
            torch.cosine_similarity(
                ours.hiddenStatesBTD().get(hiddenState),
                theirs.hiddenStatesBTD().get(hiddenState),
                2,
                1e-8);
        expected += 1 - cosine.mean().item_double();
      }
      assertThat(loss(1, 0, 0, covering, ids)).isCloseTo(expected, within(TOLERANCE));
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 3", "2, 1"})
  void distill_smallMicroBatch_changesTheResultByRoundingOnly(int threads, int microBatch)
      throws IOException {
    GlobalDistillationSettings settings = settings(STEPS, 1, 1, 0.5);
    GlobalDistillation whole = distill(1, settings, GlobalCheckpoint.NONE, step -> {});
    GlobalDistillation pieces =
        distill(threads, settings.withMicroBatch(microBatch), GlobalCheckpoint.NONE, step -> {});
    whole.child().close();
    pieces.child().close();
    assertThat(pieces.losses().get(0)).isCloseTo(whole.losses().get(0), within(TOLERANCE));
    for (int step = 1; step < STEPS; step++) {
      assertThat(pieces.losses().get(step))
          .isCloseTo(whole.losses().get(step), within(THREADS_TOLERANCE));
    }
  }

  @Test
  void distill_microBatchOfTheWholeBatch_givesTheSameBits() throws IOException {
    GlobalDistillationSettings settings = settings(STEPS, 1, 1, 0);
    GlobalDistillation whole = distill(1, settings, GlobalCheckpoint.NONE, step -> {});
    GlobalDistillation all =
        distill(1, settings.withMicroBatch(64), GlobalCheckpoint.NONE, step -> {});
    try (HeterogeneousModel one = whole.child();
        HeterogeneousModel two = all.child()) {
      assertThat(TensorValues.of(two.tensors())).isEqualTo(TensorValues.of(one.tensors()));
    }
  }

  /** Clipping differs by its rule: by all gradients of a step, or by those of the step before. */
  private static GlobalDistillationSettings withoutClipping(OptimizerStates states) {
    OptimizerSettings optimizer = new OptimizerSettings(3e-3, 0.1, 0.1, 0.9, 0.95, 0.1, 1e9);
    return new GlobalDistillationSettings(STEPS, optimizer, 1, 1, 0, 4, states);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void distill_statesInHostMemory_givesTheBitsOfFloat32(int threads) throws IOException {
    GlobalDistillation float32 =
        distill(
            threads, withoutClipping(OptimizerStates.FLOAT32), GlobalCheckpoint.NONE, step -> {});
    GlobalDistillation inHost =
        distill(
            threads,
            withoutClipping(OptimizerStates.FLOAT32_IN_HOST_MEMORY),
            GlobalCheckpoint.NONE,
            step -> {});
    try (HeterogeneousModel one = float32.child();
        HeterogeneousModel two = inHost.child()) {
      assertThat(inHost.losses()).isEqualTo(float32.losses());
      assertThat(TensorValues.of(two.tensors())).isEqualTo(TensorValues.of(one.tensors()));
    }
  }

  @Test
  void distill_statesInHostMemoryKilledAndResumed_givesTheSameBits(@TempDir Path directory)
      throws IOException {
    GlobalDistillationSettings settings =
        settings(STEPS, 1, 1, 0).withOptimizerStates(OptimizerStates.FLOAT32_IN_HOST_MEMORY);
    GlobalCheckpoint checkpoint =
        GlobalCheckpoint.in(
            directory.resolve("state"), Fingerprint.builder().put("a", 1).build(), why -> {});
    assertThatThrownBy(() -> distill(1, settings, checkpoint, GlobalDistillerTest::killAtSeven))
        .hasMessage("killed");
    GlobalDistillation resumed = distill(1, settings, checkpoint, step -> {});
    GlobalDistillation whole = distill(1, settings, GlobalCheckpoint.NONE, step -> {});
    try (HeterogeneousModel one = resumed.child();
        HeterogeneousModel two = whole.child()) {
      assertThat(resumed.losses()).isEqualTo(whole.losses());
      assertThat(TensorValues.of(one.tensors())).isEqualTo(TensorValues.of(two.tensors()));
    }
  }

  @Test
  void distill_moreThreadsThanSequences_computesOnePartForEach() throws IOException {
    GlobalDistillation four = distill(4, settings(2, 1, 1, 0), GlobalCheckpoint.NONE, step -> {});
    GlobalDistillation nine = distill(9, settings(2, 1, 1, 0), GlobalCheckpoint.NONE, step -> {});
    four.child().close();
    nine.child().close();
    assertThat(nine.losses()).isEqualTo(four.losses());
  }

  @Test
  void partsOfBatch_gpu_isTheWholeBatch() {
    assertThat(GlobalDistiller.partsOfBatch(new Device("cuda", 0), 8, 16)).isEqualTo(1);
    assertThat(GlobalDistiller.partsOfBatch(Device.CPU, 8, 16)).isEqualTo(8);
  }

  @Test
  void new_allTermsOff_isRefused() {
    assertThatThrownBy(() -> settings(1, 0, 0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("at least one term must have a positive weight");
  }
}
