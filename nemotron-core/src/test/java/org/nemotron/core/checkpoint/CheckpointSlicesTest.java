package org.nemotron.core.checkpoint;

import static com.google.common.base.Verify.verifyNotNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.parallel.SlicePlan;
import org.nemotron.core.parallel.TensorSlice;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.testing.ModelSpecBuilder;
import org.nemotron.core.testing.TestModels;

/** What one rank reads of a checkpoint. */
final class CheckpointSlicesTest {
  private static final String EMBEDDING = "model.embed_tokens.weight";
  private static final String HEAD = "lm_head.weight";

  private Path directory;

  @BeforeEach
  void name(@TempDir Path temporary) {
    directory = temporary;
  }

  private static Tensor cut(Tensor whole, TensorSlice slice) {
    return whole
        .narrow(slice.dimension(), slice.range().begin(), slice.range().size())
        .contiguous();
  }

  private static void assertSlicesOf(Path model, DType dtype, int degree) throws IOException {
    try (CheckpointWeights whole = ModelReader.weights(model, dtype, Device.CPU)) {
      for (int rank = 0; rank < degree; rank++) {
        try (CheckpointWeights slices =
            ModelReader.slices(model, dtype, Device.CPU, rank, degree)) {
          assertThat(slices.plan()).isEqualTo(new SlicePlan(whole.spec(), degree));
          assertSame(slices, rank, whole);
        }
      }
    }
  }

  private static void assertSame(CheckpointWeights slices, int rank, CheckpointWeights whole) {
    slices
        .plan()
        .slices(rank)
        .forEach(
            (name, slice) -> {
              try (NativeScope scope = NativeScope.open()) {
                Tensor own = slices.get(name);
                Tensor expected = cut(whole.get(name), slice);
                assertThat(own.shape()).as(name).isEqualTo(expected.shape());
                assertThat(own.equal(expected)).as(name).isTrue();
                assertThat(own.is_contiguous()).as(name).isTrue();
              }
            });
  }

  @ParameterizedTest
  @CsvSource({"FLOAT32,2", "BFLOAT16,3", "FLOAT32,4", "BFLOAT16,5"})
  void slices_ofAChildOfEveryKindOfBlock_areCutFromTheWhole(DType dtype, int degree)
      throws IOException {
    Path child = directory.resolve("child");
    Checkpoints.writeLlamaConfig(directory, Checkpoints.llama(true));
    try (HeterogeneousModel model = TestModels.model(TestModels.mixed(), 5)) {
      ModelWriter.write(model, child, DType.BFLOAT16, directory);
    }
    assertSlicesOf(child, dtype, degree);
  }

  @Test
  void slices_ofSeveralFiles_areCutFromTheWhole() throws IOException {
    assertSlicesOf(Path.of("src/test/resources/golden/llama31-sharded"), DType.FLOAT32, 3);
  }

  @ParameterizedTest
  @EnumSource(
      value = GgufType.class,
      names = {"F16", "Q8_0"})
  void slices_ofAGgufFile_areCutFromTheWhole(GgufType type) throws IOException {
    Path file = directory.resolve("model.gguf");
    GgufModelWriter.convert(Path.of("../examples/models/tale-7m"), file, type);
    assertSlicesOf(file, DType.FLOAT32, 2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void slices_ofEightBitFloats_haveTheScalesOfTheirRows(boolean rows) throws IOException {
    ModelSpec spec = Checkpoints.llama(true);
    try (NativeScope scope = NativeScope.open()) {
      Map<String, Tensor> stored = new LinkedHashMap<>();
      Checkpoints.weights(spec, 7)
          .forEach(
              (name, weight) -> {
                if (name.endsWith("_proj.weight")) {
                  Tensor largest = weight.abs().amax(new long[] {1}, true);
                  Tensor scale = (rows ? largest : largest.max().view(1)).div(new Scalar(448));
                  stored.put(name, weight.div(scale).to(ScalarType.Float8_e4m3fn));
                  stored.put(name + "_scale", scale);
                } else {
                  stored.put(name, weight);
                }
              });
      new SafetensorsWriter().addAll(stored).write(directory.resolve("model.safetensors"));
    }
    ObjectNode config = Checkpoints.llamaConfig(spec);
    ObjectNode form = config.putObject("quantization_config");
    form.put("quant_method", "compressed-tensors").put("format", "float-quantized");
    form.putObject("config_groups")
        .putObject("group_0")
        .putObject("weights")
        .put("num_bits", 8)
        .put("type", "float")
        .put("strategy", rows ? "channel" : "tensor");
    new JsonMapper().writeValue(directory.resolve("config.json").toFile(), config);
    assertSlicesOf(directory, DType.FLOAT32, 2);
  }

  /** Returns a Llama whose heads, channels and vocabulary no small degree divides. */
  private static ModelSpec uneven(boolean tied) {
    BlockSpec block = new BlockSpec(new AttentionSpec.GroupedQuery(6, 3, 4), new FfnSpec.Gated(13));
    return new ModelSpecBuilder()
        .vocabularySize(11)
        .width(8)
        .heads(6, 4)
        .maxPositions(32)
        .tied(tied)
        .specialTokens(Checkpoints.llama(tied).specialTokens())
        .blocks(block, block)
        .build();
  }

  /** Returns {@code tensor} with a NaN wherever {@code slice} is not. */
  private static Tensor onlyIn(TensorSlice slice, Tensor tensor) {
    Tensor poisoned = tensor.clone().fill_(new Scalar(Float.NaN));
    Tensor unused =
        poisoned
            .narrow(slice.dimension(), slice.range().begin(), slice.range().size())
            .copy_(cut(tensor, slice));
    return poisoned;
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void slices_whereAllElseIsNoNumber_areReadAllTheSame(int degree) throws IOException {
    ModelSpec spec = uneven(false);
    SlicePlan plan = new SlicePlan(spec, degree);
    for (int rank = 0; rank < degree; rank++) {
      Path own = directory.resolve("rank" + rank);
      try (NativeScope scope = NativeScope.open()) {
        Map<String, Tensor> weights = Checkpoints.weights(spec, 3);
        Map<String, Tensor> poisoned = new LinkedHashMap<>();
        plan.slices(rank)
            .forEach(
                (name, slice) ->
                    poisoned.put(name, onlyIn(slice, verifyNotNull(weights.get(name)))));
        Checkpoints.writeLlama(own, spec, poisoned);
        try (CheckpointWeights slices =
            ModelReader.slices(own, DType.FLOAT32, Device.CPU, rank, degree)) {
          plan.slices(rank)
              .forEach(
                  (name, slice) ->
                      assertThat(
                              slices.get(name).equal(cut(verifyNotNull(weights.get(name)), slice)))
                          .as(name)
                          .isTrue());
        }
      }
    }
  }

  @Test
  void slices_ofATiedModelWithAnotherHead_areRefusedToTheRankThatHoldsTheRows() throws IOException {
    ModelSpec spec = uneven(true);
    try (NativeScope scope = NativeScope.open()) {
      Map<String, Tensor> weights = new LinkedHashMap<>(Checkpoints.weights(spec, 3));
      Tensor head = verifyNotNull(weights.get(EMBEDDING)).clone();
      Tensor unused = head.narrow(0, 10, 1).fill_(new Scalar(7));
      weights.put(HEAD, head);
      Checkpoints.writeLlama(directory, spec, weights);
    }
    ModelReader.slices(directory, DType.FLOAT32, Device.CPU, 0, 2).close();
    assertThatThrownBy(() -> ModelReader.slices(directory, DType.FLOAT32, Device.CPU, 1, 2))
        .hasMessageContaining(HEAD + " differs from " + EMBEDDING);
  }

  @Test
  void get_aSliceWithANaN_isRefusedByItsRank() throws IOException {
    ModelSpec spec = uneven(false);
    try (NativeScope scope = NativeScope.open()) {
      Map<String, Tensor> weights = new LinkedHashMap<>(Checkpoints.weights(spec, 3));
      Tensor head = verifyNotNull(weights.get(HEAD)).clone();
      Tensor unused = head.narrow(0, 0, 1).fill_(new Scalar(Float.NaN));
      weights.put(HEAD, head);
      Checkpoints.writeLlama(directory, spec, weights);
    }
    try (NativeScope scope = NativeScope.open();
        CheckpointWeights first = ModelReader.slices(directory, DType.FLOAT32, Device.CPU, 0, 2)) {
      assertThatThrownBy(() -> first.get(HEAD))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("tensor lm_head.weight holds NaN or infinite weights");
      assertThatThrownBy(() -> first.get("model.nothing.weight"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the model has no tensor called model.nothing.weight");
    }
  }

  @Test
  void slices_ofMoreRanksThanTokens_areRefused() throws IOException {
    try (NativeScope scope = NativeScope.open()) {
      Checkpoints.writeLlama(directory, uneven(true), Checkpoints.weights(uneven(true), 1));
    }
    assertThatThrownBy(() -> ModelReader.slices(directory, DType.FLOAT32, Device.CPU, 0, 12))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("degree (12) must not exceed the vocabulary (11)");
  }
}
