package org.nemotron.nas.distill;

import static com.google.common.base.Verify.verifyNotNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Maps;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.TensorValues;
import org.nemotron.nas.distill.NextTokenLoss.Half;

final class PretrainerTest {
  /** Of the largest gradient of a tensor; float32 sums in another order. */
  private static final double TOLERANCE = 2e-6;

  private NativeScope scope;
  private HeterogeneousModel start;

  @BeforeEach
  void open() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
    start = SmallParent.model();
  }

  @AfterEach
  void close() {
    start.close();
    scope.close();
  }

  private static PretrainingSettings settings(int steps, double rate, double skipped) {
    return new PretrainingSettings(steps, OptimizerSettings.ofRate(rate), skipped, new Seed(3));
  }

  private static List<Double> losses(HeterogeneousModel model, PretrainingSettings settings) {
    List<Double> losses = new ArrayList<>();
    new Pretrainer(settings)
        .train(model, SmallParent.training(), (done, nats, norm) -> losses.add(nats))
        .close();
    return losses;
  }

  /** The same loss by one graph, from probabilities. */
  private static Tensor whole(HeterogeneousModel model, Tensor idsBT) {
    long targets = idsBT.size(1) - 1;
    Tensor logBTV = torch.log_softmax(model.logits(idsBT), 2).narrow(1, 0, targets);
    return torch.gather(logBTV, 2, idsBT.narrow(1, 1, targets).unsqueeze(2)).mean().neg();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 1L << 30})
  void loss_anyChunk_isTheMeanOverNextTokens(long chunk) {
    Tensor ids = SmallParent.training().batch(0);
    try (HeterogeneousModel expected = LayeredPassTest.trainable(start);
        HeterogeneousModel actual = LayeredPassTest.trainable(start)) {
      Tensor wanted = whole(expected, ids);
      wanted.backward();
      Tensor given =
          new NextTokenLoss(ImmutableSet.of(), chunk)
              .backward(actual, LearnedBatch.all(ids), layer -> {})
              .whole();
      assertThat(Tensors.scalar(given)).isCloseTo(Tensors.scalar(wanted), within(1e-5));
      for (Map.Entry<String, Tensor> entry : expected.tensors().entrySet()) {
        Tensor gradient = entry.getValue().grad();
        Tensor other = tensor(actual, entry.getKey()).grad();
        double largest = Tensors.scalar(gradient.abs().max());
        assertThat(Tensors.scalar(other.sub(gradient).abs().max()))
            .as(entry.getKey())
            .isLessThan(TOLERANCE + 1e-5 * largest);
      }
    }
  }

  @Test
  void loss_withoutAnAttention_isThatOfAModelWhichHasNone() {
    Tensor ids = SmallParent.training().batch(0);
    BlockSpec without = new BlockSpec(new AttentionSpec.NoOp(), SmallParent.FFN);
    try (HeterogeneousModel model = LayeredPassTest.trainable(start);
        NamedTensors ffn =
            NamedTensors.of(
                Maps.filterKeys(start.block(1).tensors(), name -> !isOfAttention(name)));
        HeterogeneousModel smaller = start.withBlock(1, without, ffn)) {
      Tensor loss =
          NextTokenLoss.without(ImmutableSet.of(new Half(1, true)))
              .backward(model, LearnedBatch.all(ids), layer -> {})
              .whole();
      assertThat(Tensors.scalar(loss)).isCloseTo(Tensors.scalar(whole(smaller, ids)), within(1e-5));
      assertThat(tensor(model, "model.layers.1.self_attn.q_proj.weight").grad().defined())
          .isFalse();
    }
  }

  private static Tensor tensor(HeterogeneousModel model, String name) {
    return verifyNotNull(model.tensors().get(name), name);
  }

  private static boolean isOfAttention(String name) {
    return name.startsWith("self_attn") || name.startsWith("input_layernorm");
  }

  @Test
  void train_someSteps_bringsTheLossDownAndLeavesTheStart() {
    var before = TensorValues.of(start.tensors());
    List<Double> losses = losses(start, settings(12, 1e-2, 0));
    assertThat(losses).hasSize(12);
    assertThat(losses.get(11)).isLessThan(losses.get(0) - 0.1);
    assertThat(TensorValues.of(start.tensors())).isEqualTo(before);
  }

  @Test
  void train_twice_isTheSame() {
    PretrainingSettings settings = settings(4, 1e-2, 0.4);
    assertThat(losses(start, settings)).isEqualTo(losses(start, settings));
  }

  @Test
  void train_halvesLeftOut_changesEveryTensorInTheEnd() {
    try (HeterogeneousModel trained =
        new Pretrainer(settings(6, 1e-2, 0.5))
            .train(start, SmallParent.training(), (done, nats, norm) -> {})) {
      assertThat(trained.spec()).isEqualTo(start.spec());
      for (String name : ImmutableList.copyOf(start.tensors().keySet())) {
        assertThat(torch.equal(trained.tensors().get(name), start.tensors().get(name)))
            .as(name)
            .isFalse();
      }
    }
  }

  @Test
  void train_rateTooHigh_saysWhichStepIsNotFinite() {
    OptimizerSettings wild = new OptimizerSettings(1e30, 0, 1, 0.9, 0.95, 0, 1);
    PretrainingSettings settings = new PretrainingSettings(4, wild, 0, new Seed(3));
    assertThatThrownBy(() -> losses(start, settings))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("step 1 is not finite")
        .hasMessageContaining("lower learning rate");
  }

  @Test
  void settings_outOfRange_areRefusedByName() {
    assertThatThrownBy(() -> settings(0, 1e-3, 0)).hasMessageContaining("steps (0)");
    assertThatThrownBy(() -> settings(1, 1e-3, 1)).hasMessageContaining("skippedShare (1.0)");
  }
}
