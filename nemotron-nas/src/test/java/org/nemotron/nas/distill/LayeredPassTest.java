package org.nemotron.nas.distill;

import static com.google.common.base.Verify.verifyNotNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.activation.Divergences;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.SmallParent;

/** Loss and gradients layer by layer against one graph over the whole model. */
final class LayeredPassTest {
  /** Of the largest gradient of a tensor; float32 sums in another order. */
  private static final double TOLERANCE = 2e-6;

  private static final ImmutableList<BlockSpec> BLOCKS =
      ImmutableList.of(
          new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Gated(24)),
          BlockSpec.NO_OP,
          new BlockSpec(new AttentionSpec.NoOp(), SmallParent.FFN));

  private NativeScope scope;
  private HeterogeneousModel parent;
  private HeterogeneousModel child;
  private Tensor ids;

  @BeforeEach
  void open() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
    parent = SmallParent.model();
    child = SmallParent.model(SmallParent.spec(BLOCKS), 5);
    ids = SmallParent.training().batch(0);
  }

  @AfterEach
  void close() {
    child.close();
    parent.close();
    scope.close();
  }

  /** Returns a copy whose tensors require gradients; the caller closes it. */
  static HeterogeneousModel trainable(HeterogeneousModel model) {
    HeterogeneousModel copy = model.copy(model.dtype());
    copy.tensors().values().forEach(tensor -> tensor.set_requires_grad(true));
    return copy;
  }

  private static GlobalDistillationSettings settings(double cosine, double kl, double lm) {
    return new GlobalDistillationSettings(1, OptimizerSettings.ofRate(1e-3), cosine, kl, lm, 1);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 0, 1000000, 0",
    "1, 1, 0, 640, 0",
    "1, 1, 0, 64, 3",
    "2, 3, 0.5, 448, 2",
    "0, 1, 0, 1000000, 3",
    "1, 0, 0, 1000000, 1",
    "0, 0, 1, 704, 1"
  })
  void run_anyTermsChunksAndLayersAgain_givesTheGradientsOfOneGraph(
      double cosine, double kl, double lm, long chunk, int recomputed) {
    GlobalDistillationSettings settings = settings(cosine, kl, lm);
    try (HeterogeneousModel layered = trainable(child);
        HeterogeneousModel whole = trainable(child)) {
      Tensor expected = wholeLoss(whole, settings).mul(new Scalar(0.25));
      expected.backward();
      GlobalLoss loss = new GlobalLoss(parent, settings, chunk);
      try (LayeredPass pass =
          new LayeredPass(loss, layered, LearnedBatch.all(ids), 0.25, recomputed)) {
        double value = Tensors.scalar(pass.run(layer -> {}));
        assertThat(value).isCloseTo(Tensors.scalar(expected), within(TOLERANCE));
      }
      assertSameGradients(layered, whole);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1_000_000, 128})
  void run_somePredictionsLearned_countsOnlyThose(long chunk) {
    GlobalDistillationSettings settings = settings(2, 3, 0.5);
    Tensor placesP = Tensors.of(new long[] {1, 2, 4, ids.size(1)}, 4);
    try (HeterogeneousModel layered = trainable(child);
        HeterogeneousModel whole = trainable(child)) {
      Tensor expected = learnedLoss(whole, settings, placesP);
      expected.backward();
      GlobalLoss loss = new GlobalLoss(parent, settings, chunk);
      LearnedBatch batch = new LearnedBatch(ids, Optional.of(placesP), 1);
      try (LayeredPass pass = new LayeredPass(loss, layered, batch, 1, 1)) {
        assertThat(Tensors.scalar(pass.run(layer -> {})))
            .isCloseTo(Tensors.scalar(expected), within(TOLERANCE));
      }
      assertSameGradients(layered, whole);
    }
  }

  private Tensor learnedLoss(
      HeterogeneousModel model, GlobalDistillationSettings settings, Tensor placesP) {
    HiddenStates ours = HiddenStates.of(parent, ids);
    HiddenStates theirs = HiddenStates.of(model, ids);
    Tensor ourLog = torch.log_softmax(parent.head(ours.lastBTD()), 2).detach();
    Tensor theirLog = torch.log_softmax(model.head(theirs.lastBTD()), 2);
    Tensor kl = at(placesP, Divergences.kl(ourLog.flatten(0, 1), theirLog.flatten(0, 1)));
    Tensor next = torch.roll(ids, new long[] {-1}, new long[] {1}).flatten();
    Tensor lm = at(placesP, torch.gather(theirLog.flatten(0, 1), 1, next.unsqueeze(1)));
    Tensor sum =
        kl.mul(new Scalar(settings.klWeight())).sub(lm.mul(new Scalar(settings.lmWeight())));
    for (int state : new int[] {2, 3}) {
      Tensor similarity =
          torch.cosine_similarity(
              ours.hiddenStatesBTD().get(state).detach(),
              theirs.hiddenStatesBTD().get(state),
              2,
              1e-8);
      Tensor distance = at(placesP, similarity.flatten()).neg().add(new Scalar(1));
      sum = sum.add(distance.mul(new Scalar(settings.cosineWeight())));
    }
    return sum;
  }

  private static Tensor at(Tensor placesP, Tensor values) {
    return values.index_select(0, placesP).mean();
  }

  @Test
  void rows_ofABatch_haveTheirSharesOfWhatIsLearned() {
    Tensor placesP = Tensors.of(new long[] {0, 1, 2}, 3);
    LearnedBatch batch = new LearnedBatch(ids, Optional.of(placesP), 1);
    assertThat(batch.rows(0, 1).weight()).isEqualTo(1);
    assertThat(batch.rows(0, 1).learned()).isEqualTo(3);
    assertThat(batch.rows(1, 1).weight()).isZero();
    assertThat(LearnedBatch.all(ids).rows(1, 1).weight()).isEqualTo(1.0 / ids.size(0));
  }

  private Tensor wholeLoss(HeterogeneousModel model, GlobalDistillationSettings settings) {
    HiddenStates ours;
    Tensor ourLog;
    try (NoGradGuard frozen = new NoGradGuard()) {
      ours = HiddenStates.of(parent, ids);
      ourLog = torch.log_softmax(parent.head(ours.lastBTD()), 2);
    }
    HiddenStates theirs = HiddenStates.of(model, ids);
    Tensor theirLog = torch.log_softmax(model.head(theirs.lastBTD()), 2);
    Tensor sum = Divergences.kl(ourLog, theirLog).mean().mul(new Scalar(settings.klWeight()));
    for (int state : new int[] {2, 3}) { // layer 1 does nothing: the state before it is left out
      Tensor similarity =
          torch.cosine_similarity(
              ours.hiddenStatesBTD().get(state), theirs.hiddenStatesBTD().get(state), 2, 1e-8);
      Tensor distance = similarity.mean().neg().add(new Scalar(1));
      sum = sum.add(distance.mul(new Scalar(settings.cosineWeight())));
    }
    long tokens = ids.size(1);
    Tensor predicted = theirLog.narrow(1, 0, tokens - 1).flatten(0, 1);
    Tensor targets = ids.narrow(1, 1, tokens - 1).flatten();
    Tensor next = torch.gather(predicted, 1, targets.unsqueeze(1)).mean().neg();
    return sum.add(next.mul(new Scalar(settings.lmWeight())));
  }

  private static void assertSameGradients(HeterogeneousModel actual, HeterogeneousModel expected) {
    expected
        .tensors()
        .forEach(
            (name, tensor) -> {
              Optional<float[]> wanted = gradient(tensor);
              Optional<float[]> given = gradient(verifyNotNull(actual.tensors().get(name)));
              if (wanted.isEmpty()) {
                assertThat(given).as(name).isEmpty();
                return;
              }
              assertClose(name, given.orElse(new float[wanted.get().length]), wanted.get());
            });
  }

  private static Optional<float[]> gradient(Tensor tensor) {
    Tensor gradient = tensor.grad();
    return gradient.defined() ? Optional.of(Tensors.floats(gradient)) : Optional.empty();
  }

  private static void assertClose(String name, float[] given, float[] wanted) {
    double most = 1e-6;
    for (float value : wanted) {
      most = Math.max(most, Math.abs(value));
    }
    for (int i = 0; i < wanted.length; i++) {
      assertThat((double) given[i])
          .as("%s, element %s", name, i)
          .isCloseTo(wanted[i], within(10 * TOLERANCE * most));
    }
  }

  @Test
  void run_anyChild_tellsLayersFromTheLastToTheFirstWithTheirGradients() {
    List<Integer> layers = new ArrayList<>();
    try (HeterogeneousModel layered = trainable(child);
        LayeredPass pass =
            new LayeredPass(
                new GlobalLoss(parent, settings(1, 1, 0)), layered, LearnedBatch.all(ids), 1, 2)) {
      Tensor unused =
          pass.run(
              layer -> {
                layers.add(layer);
                layered
                    .block(layer)
                    .tensors()
                    .forEach(
                        (name, tensor) -> assertThat(tensor.grad().defined()).as(name).isTrue());
                assertThat(early(layered, layer)).isEmpty();
              });
    }
    assertThat(layers).containsExactly(2, 1, 0);
  }

  /** Returns the tensors of layers before {@code layer} that have a gradient already. */
  private static ImmutableMap<String, Tensor> early(HeterogeneousModel model, int layer) {
    Map<String, Tensor> early = new TreeMap<>();
    for (int before = 0; before < layer; before++) {
      early.putAll(
          Maps.filterValues(model.block(before).tensors(), tensor -> tensor.grad().defined()));
    }
    return ImmutableMap.copyOf(early);
  }

  @Test
  void klNats_chunksOfAnySize_givesTheSame() {
    double whole = new GlobalLoss(parent, settings(1, 1, 0)).klNats(child, ids);
    double chunked = new GlobalLoss(parent, settings(1, 1, 0), 500).klNats(child, ids);
    assertThat(chunked).isCloseTo(whole, within(TOLERANCE));
    try (NoGradGuard inference = new NoGradGuard()) {
      Tensor kl =
          Divergences.kl(
              torch.log_softmax(parent.logits(ids), 2), torch.log_softmax(child.logits(ids), 2));
      assertThat(whole).isCloseTo(Tensors.scalar(kl.mean()), within(TOLERANCE));
    }
  }
}
