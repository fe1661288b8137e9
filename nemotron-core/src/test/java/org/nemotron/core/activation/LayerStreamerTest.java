package org.nemotron.core.activation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.testing.TestModels;

final class LayerStreamerTest {
  private static final int TOKENS = 9;

  private NativeScope scope;
  private HeterogeneousModel model;

  @BeforeEach
  void open() {
    scope = NativeScope.open();
    model = TestModels.model(TestModels.mixed(), 3);
  }

  @AfterEach
  void close() {
    model.close();
    scope.close();
  }

  private static Tensor ids() {
    return Tensors.of(TestModels.ids(2 * TOKENS, 5), 2, TOKENS);
  }

  @Test
  void block_modelLiesThere_isTheModelsOwn() {
    try (LayerStreamer feed = LayerStreamer.of(model, Device.CPU)) {
      assertThat(feed.block(1)).isSameAs(model.block(1));
      assertThat(feed.rotary()).isSameAs(model.rotary());
    }
  }

  @Test
  void block_streamed_isACopyWithTheSameTensors() {
    try (LayerStreamer feed = LayerStreamer.streamed(model, Device.CPU)) {
      Block copy = feed.block(0);
      assertThat(copy).isNotSameAs(model.block(0));
      assertThat(copy.spec()).isEqualTo(model.block(0).spec());
      model
          .block(0)
          .tensors()
          .forEach(
              (name, tensor) -> {
                Tensor other = copy.attention().tensors().asMap().get(name);
                Tensor there = other == null ? copy.ffn().tensors().get(name) : other;
                assertThat(Tensors.floats(there)).containsExactly(Tensors.floats(tensor));
                assertThat(there.data_ptr().address()).isNotEqualTo(tensor.data_ptr().address());
              });
    }
  }

  @Test
  void through_offloadedInAnotherType_givesTheBitsOfTheWholeModel() {
    try (NamedTensors own = NamedTensors.of(model.tensors());
        NamedTensors narrow = own.map(tensor -> Tensors.cast(tensor, DType.BFLOAT16));
        NamedTensors wide = narrow.map(tensor -> Tensors.cast(tensor, DType.FLOAT32));
        HeterogeneousModel whole = HeterogeneousModel.of(model.spec(), wide);
        HeterogeneousModel offloaded = offloaded(narrow, wide);
        LayerStreamer feed = LayerStreamer.of(offloaded);
        TensorThreads sideBySide = new TensorThreads(2)) {
      assertThat(whole.offloaded()).isEmpty();
      assertThat(offloaded.offloaded()).isNotEmpty();
      assertThat(offloaded.weightBytes()).isEqualTo(whole.weightBytes());
      int layers = model.spec().layers();
      Tensor through = feed.through(feed.embed(ids()), 0, layers, sideBySide);
      Tensor expected = LayerStreamer.of(whole).through(whole.embed(ids()), 0, layers, sideBySide);
      assertThat(Tensors.floats(through)).containsExactly(Tensors.floats(expected));
      assertThat(feed.copiedLayerBytes()).isPositive();
      assertThat(LayerStreamer.of(whole).copiedLayerBytes()).isZero();
      assertThatThrownBy(() -> offloaded.logits(ids()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("is offloaded.\nMaybe a LayerStreamer brings it to cpu.");
    }
  }

  /** Layers of {@code narrow}, all else of {@code wide}. */
  private HeterogeneousModel offloaded(NamedTensors narrow, NamedTensors wide) {
    Map<String, Tensor> mixed = new HashMap<>(narrow.asMap());
    model.spec().nonBlockTensorShapes().keySet().forEach(name -> mixed.put(name, wide.get(name)));
    try (NamedTensors all = NamedTensors.of(mixed)) {
      return HeterogeneousModel.of(model.spec(), all);
    }
  }

  @Test
  void block_anotherIsAskedFor_letsGoOfWhatIsNotKept() {
    try (LayerStreamer feed = LayerStreamer.streamed(model, Device.CPU)) {
      feed.keep(1, 2);
      Block first = feed.block(0);
      Block kept = feed.block(1);
      Block third = feed.block(2);
      assertThatThrownBy(() -> first.ffn().tensors().asMap())
          .isInstanceOf(IllegalStateException.class);
      assertThat(feed.block(1)).isSameAs(kept);
      assertThat(feed.block(2)).isSameAs(third);
    }
  }

  @Test
  void through_streamed_givesTheBitsOfTheModel() {
    try (TensorThreads sideBySide = new TensorThreads(2);
        LayerStreamer streamed = LayerStreamer.streamed(model, Device.CPU);
        LayerStreamer resident = LayerStreamer.of(model, Device.CPU)) {
      int layers = model.spec().layers();
      Tensor expected = HiddenStates.of(model, ids(), sideBySide).lastBTD();
      for (LayerStreamer feed : new LayerStreamer[] {streamed, resident}) {
        Tensor all = feed.through(feed.embed(ids()), 0, layers, sideBySide);
        assertThat(Tensors.floats(all)).containsExactly(Tensors.floats(expected));
        Tensor half = feed.through(feed.embed(ids()), 0, 2, sideBySide);
        Tensor rest = feed.through(half, 2, layers, sideBySide);
        assertThat(Tensors.floats(rest)).containsExactly(Tensors.floats(expected));
      }
    }
  }

  @Test
  void through_noLayers_givesTheInput() {
    try (TensorThreads sideBySide = new TensorThreads(1);
        LayerStreamer feed = LayerStreamer.streamed(model, Device.CPU)) {
      Tensor input = feed.embed(ids());
      assertThat(Tensors.floats(feed.through(input, 2, 2, sideBySide)))
          .containsExactly(Tensors.floats(input));
    }
  }
}
