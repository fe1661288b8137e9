package org.nemotron.core.activation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nemotron.core.activation.HiddenStates.Place;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.testing.TestModels;

final class HiddenStatesTest {
  private static final int TOKENS = 9;
  private static final BlockSpec BLOCK = new BlockSpec(TestModels.grouped(2), TestModels.WIDE);

  private NativeScope scope;
  private HeterogeneousModel model;

  @BeforeEach
  void open() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
    model = TestModels.model(TestModels.spec(BLOCK, BLOCK, BLOCK), 3);
  }

  @AfterEach
  void close() {
    model.close();
    scope.close();
  }

  /** Returns {@code model} with NaN in the tensors of layer 1 that are called {@code part}. */
  private HeterogeneousModel broken(String part) {
    ImmutableMap.Builder<String, Tensor> weights = ImmutableMap.builder();
    model
        .block(1)
        .tensors()
        .forEach(
            (name, tensor) ->
                weights.put(
                    name, name.contains(part) ? tensor.mul(new Scalar(Double.NaN)) : tensor));
    try (NamedTensors changed = NamedTensors.of(weights.buildOrThrow())) {
      return model.withBlock(1, BLOCK, changed);
    }
  }

  private HiddenStates from(HeterogeneousModel other, int layer, Place place) {
    Tensor idsBT = Tensors.of(TestModels.ids(2 * TOKENS, 5), 2, TOKENS);
    try (TensorThreads sideBySide = new TensorThreads(2)) {
      Tensor inputBTD =
          layer == 0
              ? other.embed(idsBT)
              : HiddenStates.of(other, idsBT, sideBySide).hiddenState(layer);
      return HiddenStates.of(other::block, inputBTD, layer, 3, sideBySide, place);
    }
  }

  @Test
  void notFinite_allFinite_isNowhere() {
    assertThat(from(model, 0, Place.DEVICE).notFinite()).isEmpty();
    assertThat(from(model, 2, Place.HOST).notFinite()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  void notFinite_attentionGivesNaN_isThatLayerWhereverTheStreamBegins(Place place) {
    try (HeterogeneousModel other = broken("o_proj")) {
      assertThat(from(other, 0, place).notFinite()).contains("layer 1, attention");
      assertThat(from(other, 1, place).notFinite()).contains("layer 1, attention");
    }
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  void notFinite_networkGivesNaN_isThatLayerWhereverTheStreamBegins(Place place) {
    try (HeterogeneousModel other = broken("down_proj")) {
      assertThat(from(other, 0, place).notFinite()).contains("layer 1, FFN");
      assertThat(from(other, 1, place).notFinite()).contains("layer 1, FFN");
    }
  }

  @Test
  void notFinite_layerBeforeTheFirstGivesNaN_isWhatComesIn() {
    try (HeterogeneousModel other = broken("down_proj")) {
      assertThat(from(other, 2, Place.DEVICE).notFinite()).contains("what comes into layer 2");
    }
  }

  @Test
  void notFinite_embeddingIsNaN_isTheEmbedding() {
    try (NamedTensors all = NamedTensors.of(model.tensors());
        NamedTensors bad = all.map(tensor -> tensor.mul(new Scalar(Double.NaN)));
        HeterogeneousModel other = HeterogeneousModel.of(model.spec(), bad)) {
      assertThat(from(other, 0, Place.DEVICE).notFinite()).contains("embedding");
    }
  }

  @Test
  void checkFinite_networkGivesNaN_saysWhoseAndWhere() {
    try (HeterogeneousModel other = broken("down_proj")) {
      HiddenStates stream = from(other, 1, Place.DEVICE);
      assertThatThrownBy(() -> stream.checkFinite("step 7, the parent"))
          .isInstanceOf(NonFiniteException.class)
          .hasMessage(
              "step 7, the parent: layer 1, FFN gives values that are not finite.\n"
                  + "Maybe the weights are damaged, or the model overflows in this element type.");
    }
  }
}
