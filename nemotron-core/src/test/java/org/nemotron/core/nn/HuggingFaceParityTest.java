package org.nemotron.core.nn;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Floats;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.backend.cpu.ServedModel;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.checkpoint.safetensors.SafetensorsFile;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * What transformers computes with the same files, on the CPU and in float32, must come out here.
 */
final class HuggingFaceParityTest {
  /**
   * Float32 sums of a few hundred terms in another order differ by some 1e-6; errors by far more.
   */
  private static final double TOLERANCE = 1e-4;

  /** The weights of the golden models are float32: half precision rounds each in its 11th bit. */
  private static final double ROUNDED_TOLERANCE = 1e-2;

  /** The gradients are sums over 128 tokens, of a magnitude of some 1e-3. */
  private static final double GRADIENT_TOLERANCE = 1e-6;

  private enum Checkpoint {
    LLAMA_UNTIED("src/test/resources/golden/llama-untied", 8),
    LLAMA2_LINEAR("src/test/resources/golden/llama2-linear", 8),
    LLAMA31_SHARDED("src/test/resources/golden/llama31-sharded", 8),
    MISTRAL("src/test/resources/golden/mistral", 8),
    QWEN2("src/test/resources/golden/qwen2", 8),
    QWEN3("src/test/resources/golden/qwen3", 8),
    TALE_7M("../examples/models/tale-7m", 16);

    private final Path path;
    private final int promptTokens;

    Checkpoint(String path, int promptTokens) {
      this.path = Path.of(path);
      this.promptTokens = promptTokens;
    }

    /** The weights of the trained model are bfloat16, which half precision holds exactly. */
    private double tolerance(WeightFormat format) {
      return format == WeightFormat.FLOAT32 || this == TALE_7M ? TOLERANCE : ROUNDED_TOLERANCE;
    }
  }

  private NativeScope scope;

  @BeforeAll
  static void useOneCore() {
    // The models are small: to wake other cores for every operation would only cost time.
    CpuThreads.perOperation(1);
  }

  @BeforeEach
  void openScope() {
    scope = NativeScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  @ParameterizedTest
  @EnumSource
  void logits_sameIds_equalTransformers(Checkpoint checkpoint) throws IOException {
    try (HeterogeneousModel model = read(checkpoint);
        SafetensorsFile expected = expected(checkpoint)) {
      assertClose(model.logits(expected.tensor("input_ids")), expected.tensor("logits"), TOLERANCE);
    }
  }

  @ParameterizedTest
  @EnumSource
  void hiddenStates_sameIds_equalTransformersAtEveryLayer(Checkpoint checkpoint)
      throws IOException {
    try (HeterogeneousModel model = read(checkpoint);
        SafetensorsFile expected = expected(checkpoint)) {
      ImmutableList<Tensor> states = model.hiddenStates(expected.tensor("input_ids"));
      int last = model.spec().layers();
      assertThat(states).hasSize(last + 1);
      for (int layer = 0; layer < last; layer++) {
        assertClose(states.get(layer), expected.tensor("hidden." + layer), TOLERANCE);
      }
      // transformers gives the last one after the final norm.
      assertClose(model.normalize(states.get(last)), expected.tensor("hidden." + last), TOLERANCE);
    }
  }

  @ParameterizedTest
  @EnumSource
  void loss_sameIds_equalsTransformers(Checkpoint checkpoint) throws IOException {
    try (HeterogeneousModel model = read(checkpoint);
        SafetensorsFile expected = expected(checkpoint)) {
      Tensor loss = nextTokenLoss(model, expected.tensor("input_ids"));
      assertClose(loss.view(1), expected.tensor("loss").view(1), TOLERANCE);
    }
  }

  static Stream<Arguments> checkpointsAndFormats() {
    return Stream.of(Checkpoint.values())
        .flatMap(
            checkpoint ->
                Stream.of(WeightFormat.FLOAT32, WeightFormat.FLOAT16)
                    .map(format -> Arguments.of(checkpoint, format)));
  }

  @ParameterizedTest
  @MethodSource("checkpointsAndFormats")
  void generate_samePrompt_givesTransformersGreedyTokens(Checkpoint checkpoint, WeightFormat format)
      throws IOException {
    try (HeterogeneousModel model = read(checkpoint);
        InferenceBackend backend = Backends.of(Device.CPU, 2);
        InferenceModel ready = backend.prepare(model, format, 128);
        SafetensorsFile expected = expected(checkpoint)) {
      ImmutableIntArray generated = ids(expected.tensor("generated"));
      int prompt = checkpoint.promptTokens;
      int added = generated.length() - prompt;
      assertThat(
              GreedyDecoder.generate(ready, ImmutableList.of(generated.subArray(0, prompt)), added))
          .containsExactly(generated.subArray(prompt, generated.length()));
    }
  }

  @ParameterizedTest
  @MethodSource("checkpointsAndFormats")
  void step_sameIds_givesTransformersLogits(Checkpoint checkpoint, WeightFormat format)
      throws IOException {
    try (HeterogeneousModel model = read(checkpoint);
        ServedModel served = new ServedModel(model, format, 2, 64);
        SafetensorsFile expected = expected(checkpoint)) {
      Tensor idsBT = expected.tensor("input_ids");
      int vocabulary = model.spec().vocabularySize();
      for (int sequence = 0; sequence < idsBT.size(0); sequence++) {
        long[] ids = Tensors.longs(idsBT.select(0, sequence));
        float[][] rows =
            served.step(ServedModel.chunk(ServedModel.pages(0, 64), ids, 0, ids.length));
        assertClose(
            Tensors.of(Floats.concat(rows), ids.length, vocabulary),
            expected.tensor("logits").select(0, sequence),
            checkpoint.tolerance(format));
      }
    }
  }

  private static ImmutableIntArray ids(Tensor ids) {
    return ImmutableIntArray.copyOf(Arrays.stream(Tensors.longs(ids)).mapToInt(id -> (int) id));
  }

  @Test
  void gradients_ofTheLoss_equalTransformers() throws IOException {
    try (HeterogeneousModel model = read(Checkpoint.LLAMA_UNTIED);
        NamedTensors weights = NamedTensors.of(model.tensors());
        SafetensorsFile expected = expected(Checkpoint.LLAMA_UNTIED)) {
      weights.asMap().values().forEach(weight -> weight.requires_grad_(true));
      nextTokenLoss(model, expected.tensor("input_ids")).backward();
      ImmutableList<String> names =
          expected.names().stream()
              .filter(name -> name.startsWith("grad."))
              .collect(ImmutableList.toImmutableList());
      assertThat(names).hasSize(3);
      for (String name : names) {
        assertClose(
            weights.get(name.substring("grad.".length())).grad(),
            expected.tensor(name),
            GRADIENT_TOLERANCE);
      }
    }
  }

  private static HeterogeneousModel read(Checkpoint checkpoint) throws IOException {
    return ModelReader.read(checkpoint.path, DType.FLOAT32, Device.CPU);
  }

  private static SafetensorsFile expected(Checkpoint checkpoint) throws IOException {
    return SafetensorsFile.open(checkpoint.path.resolve("expected.safetensors"));
  }

  private static Tensor nextTokenLoss(HeterogeneousModel model, Tensor idsBT) {
    long targets = idsBT.size(1) - 1;
    Tensor logits = model.logits(idsBT).narrow(1, 0, targets);
    return torch.cross_entropy_loss(
        logits.reshape(-1, model.spec().vocabularySize()), idsBT.narrow(1, 1, targets).reshape(-1));
  }

  private static void assertClose(Tensor actual, Tensor expected, double tolerance) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    double difference = actual.sub(expected).abs().max().item_double();
    assertThat(difference).isLessThanOrEqualTo(tolerance);
  }
}
