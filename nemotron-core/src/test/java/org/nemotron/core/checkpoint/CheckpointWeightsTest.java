package org.nemotron.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.testing.TestModels;

final class CheckpointWeightsTest {
  private static final ImmutableIntArray PROMPT = ImmutableIntArray.of(3, 1, 4, 1, 5, 9, 2, 6);
  private static final int MAX_ROWS = 64;

  private Path directory;

  @BeforeEach
  void name(@TempDir Path temporary) {
    directory = temporary;
  }

  /** Writes a child with a block of every kind. */
  private Path child() throws IOException {
    Path child = directory.resolve("child");
    Checkpoints.writeLlamaConfig(directory, Checkpoints.llama(true));
    try (HeterogeneousModel model = TestModels.model(TestModels.mixed(), 5)) {
      ModelWriter.write(model, child, DType.BFLOAT16, directory);
    }
    return child;
  }

  private static CheckpointWeights opened(Path path) throws IOException {
    return ModelReader.weights(path, DType.FLOAT32, Device.CPU);
  }

  /** Returns the logits of all tokens of the prompt, bit by bit. */
  private static List<ImmutableIntArray> logits(InferenceModel model) {
    List<ImmutableIntArray> rows = new ArrayList<>();
    SequenceChunk chunk =
        new SequenceChunk(ImmutableIntArray.of(0), 0, PROMPT, SequenceChunk.ALL_LOGITS);
    try (InferenceSession session = model.newSession(1)) {
      StepOutput output = session.step(ForwardBatch.of(chunk));
      for (int row = 0; row < output.rows(); row++) {
        rows.add(bits(output.logits(row)));
      }
    }
    return rows;
  }

  private static ImmutableIntArray bits(float[] row) {
    ImmutableIntArray.Builder bits = ImmutableIntArray.builder(row.length);
    for (float logit : row) {
      bits.add(Float.floatToRawIntBits(logit));
    }
    return bits.build();
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT16", "BFLOAT16"})
  void prepare_ofADirectory_givesTheLogitsOfTheModelReadFromIt(WeightFormat format)
      throws IOException {
    Path child = child();
    try (InferenceBackend backend = Backends.of(Device.CPU, 2);
        CheckpointWeights weights = opened(child);
        InferenceModel streamed = backend.prepare(weights.spec(), weights, format, MAX_ROWS);
        HeterogeneousModel model = ModelReader.read(child, DType.FLOAT32, Device.CPU);
        InferenceModel whole = backend.prepare(model, format, MAX_ROWS)) {
      weights.close();
      assertThat(logits(streamed)).hasSize(PROMPT.length()).isEqualTo(logits(whole));
    }
  }

  /** Counts what was handed out and is not freed yet. */
  private static final class Counted implements WeightSource {
    private final WeightSource source;
    private final List<Tensor> given = new ArrayList<>();
    private long most;

    Counted(WeightSource source) {
      this.source = source;
    }

    private Tensor counted(Tensor tensor) {
      given.add(tensor);
      most = Math.max(most, open());
      return tensor;
    }

    long open() {
      return given.stream().filter(tensor -> !Pointer.isNull(tensor)).count();
    }

    @Override
    public Tensor get(String name) {
      return counted(source.get(name));
    }

    @Override
    public Tensor get(int layer, String name) {
      return counted(source.get(layer, name));
    }
  }

  @Test
  void prepare_ofADirectory_holdsNoMoreTensorsThanOneProductHas() throws IOException {
    try (InferenceBackend backend = Backends.of(Device.CPU, 2);
        CheckpointWeights weights = opened(child())) {
      Counted counted = new Counted(weights);
      backend.prepare(weights.spec(), counted, WeightFormat.FLOAT16, MAX_ROWS).close();
      assertThat(counted.given).hasSameSizeAs(weights.spec().tensorShapes().keySet());
      assertThat(counted.open()).isZero();
      // Queries, keys and values are one product.
      assertThat(counted.most).isEqualTo(3);
    }
  }

  @Test
  void get_elementThatIsNotANumber_isRefusedWhenItIsRead() throws IOException {
    String norm = "model.layers.1.input_layernorm.weight";
    ModelSpec spec = Checkpoints.llama(false);
    try (NativeScope scope = NativeScope.open()) {
      Map<String, Tensor> weights = new LinkedHashMap<>(Checkpoints.weights(spec, 1));
      weights.computeIfPresent(norm, (name, some) -> some.fill_(new Scalar(Float.NaN)));
      Checkpoints.writeLlama(directory, spec, weights);
      try (CheckpointWeights opened = opened(directory)) {
        assertThat(opened.get(0, "input_layernorm.weight").numel()).isEqualTo(8);
        assertThatThrownBy(() -> opened.get(1, "input_layernorm.weight"))
            .isInstanceOf(UncheckedIOException.class)
            .hasCauseInstanceOf(CheckpointFormatException.class)
            .hasMessageEndingWith(
                "layer 1, tensor "
                    + norm
                    + " holds NaN or infinite weights.\n"
                    + "Maybe its training diverged.");
      }
    }
  }

  @Test
  void prepare_tensorOfAnotherShape_isRefused() throws IOException {
    ModelSpec wider = TestModels.spec(TestModels.mixed().block(3));
    try (InferenceBackend backend = Backends.of(Device.CPU, 1);
        HeterogeneousModel model = TestModels.model(TestModels.mixed(), 5)) {
      assertThatThrownBy(
              () ->
                  backend.prepare(
                      wider, new Shifted(WeightSource.of(model)), WeightFormat.FLOAT32, MAX_ROWS))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("tensor model.layers.0.mlp.gate_proj.weight: shape [8, 24] must be [40, 24]");
    }
  }

  /** Gives each layer the tensors of the next. */
  private record Shifted(WeightSource source) implements WeightSource {
    @Override
    public Tensor get(String name) {
      return source.get(name);
    }

    @Override
    public Tensor get(int layer, String name) {
      return source.get(layer + 1, name);
    }
  }
}
