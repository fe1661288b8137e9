package org.nemotron.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.inference.FiniteLogits;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.testing.TestModels;

/** Models whose weights half precision cannot hold, and which compute what usual ones do. */
final class BeyondHalfTest {
  private static final Path FIELD = Path.of("src/test/resources/field/beyond-half");
  private static final ModelSpec SPEC =
      TestModels.spec(new BlockSpec(TestModels.grouped(2), TestModels.WIDE));

  /** Float32 sums in another order, and weights that are not exact in half precision. */
  private static final float TOLERANCE = 5e-3f;

  private static final String UP = "model.layers.0.mlp.up_proj.weight";
  private static final String DOWN = "model.layers.0.mlp.down_proj.weight";
  private static final String VALUE = "model.layers.0.self_attn.v_proj.weight";
  private static final String OUTPUT = "model.layers.0.self_attn.o_proj.weight";
  private static final String NORM = "model.layers.0.post_attention_layernorm.weight";
  private static final String GATE = "model.layers.0.mlp.gate_proj.weight";

  private static ImmutableIntArray ids(JsonNode list) {
    return ImmutableIntArray.copyOf(
        StreamSupport.stream(list.spliterator(), false).mapToInt(JsonNode::asInt));
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT16", "FLOAT32"})
  void generate_modelFromTheField_givesTheTokensOfTransformers(WeightFormat format)
      throws IOException {
    JsonNode expected = new JsonMapper().readTree(FIELD.resolve("expected.json").toFile());
    try (HeterogeneousModel model = ModelReader.read(FIELD);
        InferenceBackend backend = new CpuBackend(2);
        InferenceModel served = backend.prepare(model, format, 64)) {
      ImmutableIntArray greedy = ids(expected.path("greedy"));
      assertThat(
              GreedyDecoder.generate(
                  served, ImmutableList.of(ids(expected.path("ids"))), greedy.length()))
          .containsExactly(greedy);
    }
  }

  @Test
  void notes_modelFromTheField_nameWhatHalfPrecisionCannotHold() throws IOException {
    try (HeterogeneousModel model = ModelReader.read(FIELD);
        InferenceBackend backend = new CpuBackend(1);
        InferenceModel half = backend.prepare(model, WeightFormat.FLOAT16, 64);
        InferenceModel single = backend.prepare(model, WeightFormat.FLOAT32, 64)) {
      assertThat(half.notes())
          .satisfiesExactly(
              note ->
                  assertThat(note)
                      .matches(
                          UP
                              + " has a weight of size [0-9.e+]+, above half precision's 65504;"
                              + " held as float32"),
              note ->
                  assertThat(note)
                      .matches(
                          DOWN
                              + " has weights too small for half precision: [0-9.e+]+ % of"
                              + " (row|column) [0-9]+ is lost; held as float32"));
      assertThat(single.notes()).isEmpty();
    }
  }

  private static void scale(Tensor tensor, double factor) {
    tensor.mul_(new Scalar(factor));
  }

  private static BiConsumer<Tensor, Tensor> whole(double factor) {
    return (first, second) -> {
      scale(first, factor);
      scale(second, 1 / factor);
    };
  }

  /** One output of the first is larger, the second's input of it smaller. */
  private static BiConsumer<Tensor, Tensor> channel(int index, double factor) {
    return (first, second) -> {
      scale(first.select(0, index), factor);
      scale(second.select(1, index), 1 / factor);
    };
  }

  static Stream<Arguments> changes() {
    return Stream.of(
        Arguments.of("up larger", UP, DOWN, whole(0x1p22)),
        Arguments.of("up smaller", UP, DOWN, whole(0x1p-30)),
        Arguments.of("up far larger", UP, DOWN, whole(0x1p80)),
        Arguments.of("up smaller, down still within", UP, DOWN, whole(0x1p-14 / 300)),
        Arguments.of("one channel larger", UP, DOWN, channel(7, 0x1p26)),
        Arguments.of("one channel smaller", UP, DOWN, channel(7, 0x1p-26)),
        Arguments.of("values smaller", VALUE, OUTPUT, whole(0x1p-40)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("changes")
  void step_sameFunctionByOtherSizes_givesTheSameLogits(
      String what, String first, String second, BiConsumer<Tensor, Tensor> change) {
    long[] ids = TestModels.ids(9, 1);
    try (HeterogeneousModel usual = TestModels.model(SPEC, 3);
        HeterogeneousModel changed = changed(usual, first, second, change);
        ServedModel served = new ServedModel(changed, WeightFormat.FLOAT16, 2, 1)) {
      assertClose(served, usual, ids);
    }
  }

  /** What reads a norm's output is larger by what the norm is smaller. */
  @Test
  void step_smallNorm_givesTheSameLogits() {
    long[] ids = TestModels.ids(9, 1);
    try (HeterogeneousModel usual = TestModels.model(SPEC, 3);
        HeterogeneousModel smaller = changed(usual, NORM, GATE, whole(0x1p-24));
        HeterogeneousModel changed = changed(smaller, NORM, UP, (norm, up) -> scale(up, 0x1p24));
        ServedModel served = new ServedModel(changed, WeightFormat.FLOAT16, 2, 1)) {
      assertThat(served.model().notes()).hasSize(2);
      assertClose(served, usual, ids);
    }
  }

  @Test
  void step_smallHead_givesSmallLogitsOfTheSameOrder() {
    long[] ids = TestModels.ids(9, 1);
    try (HeterogeneousModel usual = TestModels.model(SPEC, 3);
        HeterogeneousModel changed =
            changed(
                usual,
                "lm_head.weight",
                "model.norm.weight",
                (head, norm) -> scale(head, 0x1p-40));
        ServedModel served = new ServedModel(changed, WeightFormat.FLOAT16, 2, 1)) {
      float[][] logits = served.read(ServedModel.pages(0, 1), ids, ids.length);
      float[] expected = logits(usual, ids);
      for (int row = 0; row < ids.length; row++) {
        assertThat(logits[row][5] * 0x1p40f)
            .isCloseTo(expected[row * TestModels.VOCABULARY + 5], within(TOLERANCE));
      }
    }
  }

  /** The head of a token that is never used may be small: the head stays in half precision. */
  @Test
  void notes_unusedTokens_nameNothing() {
    try (HeterogeneousModel usual = TestModels.model(SPEC, 3);
        HeterogeneousModel changed =
            changed(
                usual,
                "lm_head.weight",
                "model.norm.weight",
                (head, norm) -> scale(head.select(0, 3), 0x1p-60));
        ServedModel served = new ServedModel(changed, WeightFormat.FLOAT16, 2, 1)) {
      assertThat(served.model().notes()).isEmpty();
    }
  }

  /** What would be a row of zeros behind the norm, and logits of any size. */
  @Test
  void logits_squaresOverflow_areNoNumbers() {
    long[] ids = TestModels.ids(3, 1);
    try (HeterogeneousModel usual = TestModels.model(SPEC, 3);
        HeterogeneousModel changed = changed(usual, DOWN, UP, (down, up) -> scale(down, 0x1p70));
        ServedModel served = new ServedModel(changed, WeightFormat.FLOAT16, 2, 1)) {
      float[] logits = served.read(ServedModel.pages(0, 1), ids, ids.length)[2];
      assertThatThrownBy(() -> FiniteLogits.check(logits, 2))
          .isInstanceOf(NonFiniteException.class)
          .hasMessage(
              "position 2: the logit of token 0 (NaN) must be finite.\n"
                  + "Maybe the weights are damaged, or so large that sums in float32 overflow.");
    }
  }

  private static HeterogeneousModel changed(
      HeterogeneousModel usual, String first, String second, BiConsumer<Tensor, Tensor> change) {
    try (NativeScope scope = NativeScope.open()) {
      Map<String, Tensor> tensors = new HashMap<>(usual.tensors());
      tensors.replaceAll((name, tensor) -> tensor.detach().clone());
      change.accept(tensors.get(first), tensors.get(second));
      try (NamedTensors weights = NamedTensors.of(ImmutableMap.copyOf(tensors))) {
        return HeterogeneousModel.of(usual.spec(), weights);
      }
    }
  }

  private static float[] logits(HeterogeneousModel model, long[] ids) {
    try (NativeScope scope = NativeScope.open()) {
      return Tensors.floats(model.logits(Tensors.of(ids, 1, ids.length)));
    }
  }

  private static void assertClose(ServedModel served, HeterogeneousModel usual, long[] ids) {
    float[][] actual = served.read(ServedModel.pages(0, 1), ids, ids.length);
    float[] expected = logits(usual, ids);
    IntStream.range(0, expected.length)
        .forEach(
            index ->
                assertThat(actual[index / TestModels.VOCABULARY][index % TestModels.VOCABULARY])
                    .isCloseTo(expected[index], within(TOLERANCE)));
  }
}
