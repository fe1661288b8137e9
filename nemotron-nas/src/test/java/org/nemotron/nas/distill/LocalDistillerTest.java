package org.nemotron.nas.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.activation.LayerStreamer;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.TensorValues;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Calibrator;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.InitSettings;

final class LocalDistillerTest {
  private static final Candidate NARROW = new Candidate.Ffn(1, new FfnSpec.Gated(24));
  private static final Candidate ONE_HEAD =
      new Candidate.Attention(1, new AttentionSpec.GroupedQuery(4, 1, 10));
  private static final int STEPS = 12;

  /** The square of a few float32 roundings: batches of other sizes are summed in another order. */
  private static final double ROUNDING = 1e-12;

  private NativeScope scope;
  private HeterogeneousModel parent;
  private BlockLibrary start;

  @BeforeEach
  void open() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
    parent = SmallParent.model();
    InitSettings settings =
        new InitSettings(
            InitSettings.ChannelImportance.INDEPENDENT,
            InitSettings.KvHeadStart.MEAN_POOLING,
            2,
            false);
    start = new Calibrator(settings).calibrate(parent, SmallParent.SPACE, SmallParent.training());
  }

  @AfterEach
  void close() {
    start.close();
    parent.close();
    scope.close();
  }

  private LocalDistillation distilled(
      BlockLibrary library, Iterable<Candidate> candidates, int threads) {
    return new LocalDistiller(
            new LocalDistillationSettings(STEPS, OptimizerSettings.ofRate(3e-3), 10, 0))
        .withThreads(threads)
        .distill(library, ImmutableList.copyOf(candidates), SmallParent.training());
  }

  @Test
  void distill_oneCandidate_leavesEveryOtherTensorAsItWas() {
    ImmutableMap<String, List<Float>> parentBefore = TensorValues.of(parent.tensors());
    Map<Candidate, ImmutableMap<String, List<Float>>> before = TensorValues.of(start);
    LocalDistillation distilled = distilled(start, ImmutableList.of(NARROW), 2);
    try (BlockLibrary trained = distilled.library()) {
      assertThat(TensorValues.of(parent.tensors())).isEqualTo(parentBefore);
      assertThat(TensorValues.of(start)).isEqualTo(before);
      Map<Candidate, ImmutableMap<String, List<Float>>> after = TensorValues.of(trained);
      after
          .keySet()
          .forEach(
              candidate -> {
                if (candidate.equals(NARROW)) {
                  assertThat(after.get(candidate)).isNotEqualTo(before.get(candidate));
                } else {
                  assertThat(after.get(candidate)).isEqualTo(before.get(candidate));
                }
              });
    }
  }

  @Test
  void distill_allCandidates_giveTheSameBitsWhateverTheNumberOfThreads() {
    LocalDistillation one = distilled(start, start.candidates(), 1);
    LocalDistillation three = distilled(start, start.candidates(), 3);
    try (BlockLibrary ofOne = one.library();
        BlockLibrary ofThree = three.library()) {
      assertThat(TensorValues.of(ofThree)).isEqualTo(TensorValues.of(ofOne));
      assertThat(three.trainings()).isEqualTo(one.trainings());
    }
  }

  private LocalDistillation inGroups(LayerStreamer feed, int residentLayers, long hostBytes) {
    return inGroups(feed, start.candidates(), residentLayers, hostBytes);
  }

  private LocalDistillation inGroups(
      LayerStreamer feed,
      Collection<? extends Candidate> candidates,
      int resident,
      long hostBytes) {
    var settings =
        new LocalDistillationSettings(STEPS, OptimizerSettings.ofRate(3e-3), 10, resident);
    return new LocalDistiller(settings)
        .withThreads(2)
        .distill(feed, start, candidates, SmallParent.training(), step -> {}, hostBytes);
  }

  /** Returns the parent with NaN in the last projection of layer 1. */
  private HeterogeneousModel broken() {
    ImmutableMap.Builder<String, Tensor> weights = ImmutableMap.builder();
    parent
        .block(1)
        .tensors()
        .forEach(
            (name, tensor) ->
                weights.put(
                    name, name.contains("down") ? tensor.mul(new Scalar(Double.NaN)) : tensor));
    try (NamedTensors changed = NamedTensors.of(weights.buildOrThrow())) {
      return parent.withBlock(1, SmallParent.BLOCK, changed);
    }
  }

  private void assertLayer1IsNamed(
      LayerStreamer feed, Collection<? extends Candidate> candidates, long hostBytes) {
    assertThatThrownBy(() -> inGroups(feed, candidates, 1, hostBytes))
        .isInstanceOf(NonFiniteException.class)
        .hasMessage(
            "local distillation, step 0, the parent: layer 1, FFN gives values that are not"
                + " finite.\n"
                + "Maybe the weights are damaged, or the model overflows in this element type.");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, Long.MAX_VALUE})
  void distill_parentGivesNaNInTheSecondGroup_namesTheLayer(long hostBytes) {
    ImmutableList<Candidate> inLayers0And1 =
        ImmutableList.of(new Candidate.Ffn(0, new FfnSpec.Gated(24)), NARROW);
    try (HeterogeneousModel other = broken();
        LayerStreamer feed = LayerStreamer.of(other, Device.CPU)) {
      assertLayer1IsNamed(feed, inLayers0And1, hostBytes);
    }
  }

  @Test
  void distill_parentGivesNaNBeforeTheFirstGroup_namesTheLayer() {
    ImmutableList<Candidate> inLayer2 =
        ImmutableList.of(new Candidate.Ffn(2, new FfnSpec.Gated(24)));
    try (HeterogeneousModel other = broken();
        LayerStreamer own = LayerStreamer.of(other, Device.CPU);
        LayerStreamer copies = LayerStreamer.streamed(other, Device.CPU)) {
      assertLayer1IsNamed(own, inLayer2, 0);
      assertLayer1IsNamed(copies, inLayer2, 0);
    }
  }

  private void assertSameBits(LocalDistillation actual) {
    LocalDistillation expected = distilled(start, start.candidates(), 1);
    try (BlockLibrary ofActual = actual.library();
        BlockLibrary ofExpected = expected.library()) {
      assertThat(TensorValues.of(ofActual)).isEqualTo(TensorValues.of(ofExpected));
      assertThat(actual.trainings()).containsExactlyInAnyOrderElementsOf(expected.trainings());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void distill_fewLayersAtATime_givesTheSameBitsAsAllAtOnce(int residentLayers) {
    try (LayerStreamer feed = LayerStreamer.of(parent, Device.CPU)) {
      assertSameBits(inGroups(feed, residentLayers, Long.MAX_VALUE));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void distill_noMemoryForHiddenStatesBetweenGroups_givesTheSameBits(int residentLayers) {
    try (LayerStreamer feed = LayerStreamer.of(parent, Device.CPU)) {
      assertSameBits(inGroups(feed, residentLayers, 0));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, Long.MAX_VALUE})
  void distill_parentsLayersComeInTurn_givesTheSameBits(long hostBytes) {
    try (LayerStreamer feed = LayerStreamer.streamed(parent, Device.CPU)) {
      assertSameBits(inGroups(feed, 1, hostBytes));
    }
  }

  @Test
  void distill_layersInGroups_tellsStepsUpToTheirNumber() {
    List<Long> told = new ArrayList<>();
    new LocalDistiller(new LocalDistillationSettings(4, OptimizerSettings.ofRate(3e-3), 10, 1))
        .withThreads(2)
        .distill(start, start.candidates(), SmallParent.training(), told::add)
        .library()
        .close();
    assertThat(told).hasSize(3 * 4).isSorted().endsWith(4L);
  }

  @Test
  void distill_oneCandidateAlone_givesTheSameBitsAsAmongAll() {
    LocalDistillation all = distilled(start, start.candidates(), 2);
    LocalDistillation alone = distilled(start, ImmutableList.of(ONE_HEAD), 2);
    try (BlockLibrary ofAll = all.library();
        BlockLibrary ofOne = alone.library()) {
      assertThat(TensorValues.of(ofOne, ONE_HEAD)).isEqualTo(TensorValues.of(ofAll, ONE_HEAD));
    }
  }

  @Test
  void distill_everyCandidateWithWeights_bringsTheLossDown() {
    // Every batch has the same windows, so that losses of different steps can be compared.
    TokenBatches sameWindows =
        new TokenBatches(
            SmallParent.corpus(4 * SmallParent.WINDOW, 2), 4, SmallParent.WINDOW, new Seed(3));
    LocalDistillation distilled =
        new LocalDistiller(
                new LocalDistillationSettings(STEPS, OptimizerSettings.ofRate(3e-3), 10, 0))
            .withThreads(2)
            .distill(start, start.candidates(), sameWindows);
    try (BlockLibrary trained = distilled.library()) {
      List<Candidate> withWeights = new ArrayList<>(start.candidates());
      withWeights.removeIf(candidate -> !candidate.hasWeights());
      assertThat(distilled.trainings())
          .extracting(CandidateTraining::candidate)
          .containsExactlyElementsOf(withWeights);
      assertThat(trained.trained()).containsExactlyInAnyOrderElementsOf(withWeights);
      for (CandidateTraining training : distilled.trainings()) {
        ImmutableDoubleArray losses = training.losses();
        assertThat(losses.length()).isEqualTo(STEPS);
        assertThat(losses.get(STEPS - 1)).as(training.candidate().id()).isLessThan(losses.get(0));
        assertThat(training.stop()).isEmpty();
      }
    }
  }

  @Test
  void distill_weightsAreNaN_stopsThatCandidateByNameAndTrainsTheOthers() {
    try (NamedTensors fresh = start.weights(NARROW);
        NamedTensors broken = fresh.map(tensor -> tensor.mul(new Scalar(Double.NaN)));
        BlockLibrary library = start.with(ImmutableMap.of(NARROW, broken))) {
      LocalDistillation distilled = distilled(library, ImmutableList.of(NARROW, ONE_HEAD), 2);
      LocalDistillation healthy = distilled(start, ImmutableList.of(ONE_HEAD), 2);
      try (BlockLibrary trained = distilled.library();
          BlockLibrary expected = healthy.library()) {
        CandidateTraining stopped = distilled.trainings().get(0);
        assertThat(stopped.candidate()).isEqualTo(NARROW);
        assertThat(stopped.stop())
            .containsExactly(
                new CandidateTraining.Stop(
                    0, CandidateTraining.Cause.NOT_FINITE, "the loss is not finite (NaN)"));
        assertThat(distilled.trainings().get(1)).isEqualTo(healthy.trainings().get(0));
        assertThat(TensorValues.of(trained, ONE_HEAD))
            .isEqualTo(TensorValues.of(expected, ONE_HEAD));
      }
    }
  }

  @Test
  void distill_lossGrows_stopsTheCandidateAndKeepsItsStartingWeights() {
    OptimizerSettings wild = new OptimizerSettings(1e3, 0, 1, 0.9, 0.95, 0, 1e9);
    LocalDistillation distilled =
        new LocalDistiller(new LocalDistillationSettings(STEPS, wild, 10, 0))
            .withThreads(1)
            .distill(start, ImmutableList.of(NARROW), SmallParent.training());
    try (BlockLibrary trained = distilled.library()) {
      CandidateTraining training = distilled.trainings().get(0);
      assertThat(training.stop()).hasSize(1);
      assertThat(training.stop().get(0).step()).isEqualTo(1);
      assertThat(training.stop().get(0).reason()).matches("the loss \\([0-9.E]+\\) exceeds 10\\.0");
      assertThat(TensorValues.of(trained, NARROW)).isEqualTo(TensorValues.of(start, NARROW));
    }
  }

  @Test
  void distill_multiLayerReplacementOfTheParentsOwnPair_learnsFromTheOutputOfTheLastLayer() {
    Candidate multiLayer = new Candidate.MultiLayer(1, 2, SmallParent.BLOCK);
    Candidate single = new Candidate.Block(1, SmallParent.BLOCK);
    try (BlockLibrary library = start.withCandidates(ImmutableList.of(single))) {
      LocalDistillation distilled = distilled(library, ImmutableList.of(multiLayer, single), 1);
      try (BlockLibrary trained = distilled.library()) {
        // The parent's own layer imitates itself without error, but not two layers.
        assertThat(trained.trained()).containsExactlyInAnyOrder(multiLayer, single);
        assertThat(distilled.trainings().get(1).losses().get(0)).isLessThan(ROUNDING);
        assertThat(distilled.trainings().get(0).losses().get(0)).isGreaterThan(0.01);
      }
    }
  }
}
