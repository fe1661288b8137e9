package org.nemotron.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.util.Arrays;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.testing.TestModels;

final class HeterogeneousModelTest {
  /** Float32 sums of some dozens of terms, through a few layers, against float64. */
  private static final double TOLERANCE = 1e-4;

  private static final int TOKENS = 11;

  private NativeScope scope;

  @BeforeEach
  void openScope() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  static Stream<ModelSpec> specs() {
    RopeSpec llama3 = new RopeSpec.Llama3(500_000, 8, 1, 4, 64);
    BlockSpec block = new BlockSpec(TestModels.grouped(2), TestModels.WIDE);
    return Stream.of(
        TestModels.mixed(),
        TestModels.spec(block, new BlockSpec(TestModels.grouped(4), TestModels.WIDE)),
        TestModels.spec(llama3, true, block, block),
        TestModels.spec(new RopeSpec.PositionInterpolation(10_000, 4), false, block));
  }

  static Stream<AttentionSpec> attentions() {
    return Stream.of(
        TestModels.grouped(1),
        TestModels.grouped(2),
        TestModels.grouped(4),
        new AttentionSpec.Linear(),
        new AttentionSpec.NoOp());
  }

  @ParameterizedTest
  @MethodSource("specs")
  void logits_everyKindOfBlock_equalSlowImplementation(ModelSpec spec) {
    long[] ids = TestModels.ids(TOKENS, 1);
    try (HeterogeneousModel model = TestModels.model(spec, 2)) {
      double[][] expected = new SlowLlama(model).logits(ids);
      float[] actual = Tensors.floats(model.logits(Tensors.of(ids, 1, TOKENS)));
      assertClose(actual, expected);
    }
  }

  @ParameterizedTest
  @MethodSource("attentions")
  void forward_attentionAlone_equalsSlowImplementation(AttentionSpec attention) {
    BlockSpec block = new BlockSpec(attention, new FfnSpec.NoOp());
    try (HeterogeneousModel model = TestModels.model(TestModels.spec(block), 3)) {
      Tensor hidden = model.embed(Tensors.of(TestModels.ids(TOKENS, 4), 1, TOKENS));
      double[][] expected = new SlowLlama(model).attention(0, rows(hidden));
      assertClose(Tensors.floats(model.block(0).attention().forward(hidden)), expected);
    }
  }

  @Test
  void forward_absentSubBlocks_returnTheInputItself() {
    try (HeterogeneousModel model = TestModels.model(TestModels.spec(BlockSpec.NO_OP), 7)) {
      Tensor hidden = model.embed(Tensors.of(TestModels.ids(3, 8), 1, 3));
      Tensor output = model.block(0).forward(hidden);
      assertThat(output.data_ptr().address()).isEqualTo(hidden.data_ptr().address());
    }
  }

  @Test
  void withBlock_anotherBlock_sharesAllOtherTensors() {
    BlockSpec linear = new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Linear());
    try (HeterogeneousModel parent = TestModels.model(TestModels.mixed(), 9);
        NamedTensors weights = weights(linear);
        HeterogeneousModel child = parent.withBlock(2, linear, weights)) {
      assertThat(addressesOutsideLayer2(child)).isEqualTo(addressesOutsideLayer2(parent));
      assertThat(child.spec()).isEqualTo(parent.spec().withBlock(2, linear));
    }
  }

  private static ImmutableMap<String, Long> addressesOutsideLayer2(HeterogeneousModel model) {
    return ImmutableMap.copyOf(
        Maps.transformValues(
            Maps.filterKeys(model.tensors(), name -> !name.startsWith("model.layers.2.")),
            tensor -> tensor.data_ptr().address()));
  }

  @Test
  void withBlock_anotherBlock_leavesTheParentUnchangedAlsoWhenClosed() {
    Tensor ids = Tensors.of(TestModels.ids(TOKENS, 10), 1, TOKENS);
    BlockSpec linear = new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Linear());
    try (HeterogeneousModel parent = TestModels.model(TestModels.mixed(), 9)) {
      float[] before = Tensors.floats(parent.logits(ids));
      try (NamedTensors weights = weights(linear);
          HeterogeneousModel child = parent.withBlock(2, linear, weights)) {
        assertThat(Tensors.floats(child.logits(ids))).isNotEqualTo(before);
      }
      assertThat(Tensors.floats(parent.logits(ids))).isEqualTo(before);
    }
  }

  @Test
  void withBlock_parentClosedFirst_childStillComputes() {
    Tensor ids = Tensors.of(TestModels.ids(TOKENS, 10), 1, TOKENS);
    HeterogeneousModel parent = TestModels.model(TestModels.mixed(), 9);
    try (NamedTensors none = NamedTensors.none();
        HeterogeneousModel child = parent.withBlock(0, BlockSpec.NO_OP, none)) {
      float[] before = Tensors.floats(child.logits(ids));
      parent.close();
      assertThat(Tensors.floats(child.logits(ids))).isEqualTo(before);
    }
  }

  @Test
  void of_wrongShape_namesTensorAndShapes() {
    ModelSpec spec = TestModels.mixed();
    ModelSpec wider =
        spec.withBlock(0, new BlockSpec(TestModels.grouped(2), new FfnSpec.Gated(48)));
    try (NamedTensors weights = NamedTensors.of(TestModels.weights(wider.tensorShapes(), 1))) {
      assertThatThrownBy(() -> HeterogeneousModel.of(spec, weights))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "tensor model.layers.0.mlp.gate_proj.weight: shape [48, 24] must be [40, 24]");
    }
  }

  @Test
  void embed_noMatrixOfIds_isRefused() {
    try (HeterogeneousModel model = TestModels.model(TestModels.mixed(), 1)) {
      Tensor ids = Tensors.of(TestModels.ids(3, 1), 3);
      assertThatThrownBy(() -> model.embed(ids))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("token ids must be an int64 [B, T]");
    }
  }

  @Test
  void weightBytes_tiedHead_countsTheEmbeddingOnce() {
    BlockSpec block = new BlockSpec(TestModels.grouped(2), TestModels.WIDE);
    ModelSpec tied = TestModels.spec(new RopeSpec.Plain(10_000), true, block);
    try (HeterogeneousModel model = TestModels.model(tied, 1)) {
      long perHead = (long) TestModels.HEAD_DIM * TestModels.WIDTH;
      long attention = TestModels.WIDTH + (4 + 2 + 2 + 4) * perHead;
      long ffn = TestModels.WIDTH + 3L * 40 * TestModels.WIDTH;
      long outside = (long) TestModels.VOCABULARY * TestModels.WIDTH + TestModels.WIDTH;
      assertThat(model.weightBytes()).isEqualTo(4 * (attention + ffn + outside));
    }
  }

  @Test
  void copy_bfloat16_computesNearlyTheSame() {
    /* Eight bits of mantissa through six layers. */
    double bfloat16Tolerance = 0.2;
    Tensor ids = Tensors.of(TestModels.ids(TOKENS, 10), 1, TOKENS);
    try (HeterogeneousModel model = TestModels.model(TestModels.mixed(), 9);
        HeterogeneousModel copy = model.copy(DType.BFLOAT16)) {
      assertThat(copy.dtype()).isEqualTo(DType.BFLOAT16);
      Tensor logits = copy.logits(ids);
      assertThat(DType.of(logits)).isEqualTo(DType.FLOAT32);
      double difference = logits.sub(model.logits(ids)).abs().max().item_double();
      assertThat(difference).isPositive().isLessThan(bfloat16Tolerance);
    }
  }

  @Test
  void hiddenStates_sameIds_areTheHiddenStatesOfTheResidualStream() {
    Tensor ids = Tensors.of(TestModels.ids(TOKENS, 10), 1, TOKENS);
    try (HeterogeneousModel model = TestModels.model(TestModels.mixed(), 9)) {
      ImmutableList<Tensor> states = model.hiddenStates(ids);
      HiddenStates stream = HiddenStates.of(model, ids);
      assertThat(stream.hiddenStatesBTD()).hasSameSizeAs(states);
      for (int hiddenState = 0; hiddenState < states.size(); hiddenState++) {
        assertThat(Tensors.floats(stream.hiddenStatesBTD().get(hiddenState)))
            .isEqualTo(Tensors.floats(states.get(hiddenState)));
      }
    }
  }

  private static NamedTensors weights(BlockSpec block) {
    try (NativeScope own = NativeScope.open()) {
      return NamedTensors.of(TestModels.weights(block.tensorShapes(TestModels.WIDTH), 77));
    }
  }

  private static double[][] rows(Tensor hidden1TD) {
    float[] values = Tensors.floats(hidden1TD);
    int width = (int) hidden1TD.size(2);
    double[][] rows = new double[values.length / width][width];
    for (int index = 0; index < values.length; index++) {
      rows[index / width][index % width] = values[index];
    }
    return rows;
  }

  private static void assertClose(float[] actual, double[][] expected) {
    double[] flat = Arrays.stream(expected).flatMapToDouble(Arrays::stream).toArray();
    assertThat(actual).hasSize(flat.length);
    for (int index = 0; index < flat.length; index++) {
      assertThat((double) actual[index]).isCloseTo(flat[index], within(TOLERANCE));
    }
  }
}
