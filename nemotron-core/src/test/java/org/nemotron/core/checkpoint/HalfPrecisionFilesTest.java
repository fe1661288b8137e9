package org.nemotron.core.checkpoint;

import static com.google.common.base.Preconditions.checkNotNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** Weights beyond half precision are not written as halves in silence. */
final class HalfPrecisionFilesTest {
  private static final Path FIELD = Path.of("src/test/resources/field/beyond-half");
  private static final String UP = "model.layers.0.mlp.up_proj.weight";
  private static final String DOWN = "model.layers.0.mlp.down_proj.weight";

  private Path directory;

  @BeforeEach
  void nameDirectory(@TempDir Path temporary) {
    directory = temporary.resolve("written");
  }

  /** Returns the model of the field, up_proj of usual size again, and down_proj as small. */
  private static HeterogeneousModel smallOnly() throws IOException {
    try (HeterogeneousModel model = ModelReader.read(FIELD);
        NativeScope scope = NativeScope.open()) {
      Map<String, Tensor> tensors = new HashMap<>(model.tensors());
      tensors.put(UP, tensor(model, UP).mul(new Scalar(0x1p-22)));
      try (NamedTensors weights = NamedTensors.of(ImmutableMap.copyOf(tensors))) {
        return HeterogeneousModel.of(model.spec(), weights);
      }
    }
  }

  private static Tensor tensor(HeterogeneousModel model, String name) {
    return checkNotNull(model.tensors().get(name), name);
  }

  private static void assertRefused(ThrowingCallable writing, String sentence) {
    assertThatThrownBy(writing)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(sentence)
        .hasMessageContaining("it has the range of float32.");
  }

  @Test
  void write_float16_isRefusedByTensorAndWrittenInBfloat16() throws IOException {
    try (HeterogeneousModel model = ModelReader.read(FIELD)) {
      assertRefused(
          () -> ModelWriter.write(model, directory, DType.FLOAT16, FIELD),
          "tensor " + UP + " holds weights that are too large for float16.\nMaybe bfloat16 serves");
      assertThat(directory).doesNotExist();
      ModelWriter.write(model, directory, DType.BFLOAT16, FIELD);
    }
    try (HeterogeneousModel written = ModelReader.read(directory);
        HeterogeneousModel model = ModelReader.read(FIELD)) {
      assertThat(Tensors.floats(tensor(written, DOWN)))
          .isEqualTo(Tensors.floats(tensor(model, DOWN)));
    }
    try (HeterogeneousModel model = smallOnly()) {
      assertRefused(
          () -> ModelWriter.write(model, directory, DType.FLOAT16, FIELD),
          "tensor " + DOWN + " holds weights that are too small for float16.");
    }
  }

  @Test
  void read_smallWeightsAsFloat16_isRefusedByTensorAndReadAsBfloat16() throws IOException {
    try (HeterogeneousModel model = smallOnly()) {
      ModelWriter.write(model, directory, DType.BFLOAT16, FIELD);
    }
    assertRefused(
        () -> ModelReader.read(directory, DType.FLOAT16, Device.CPU),
        "tensor " + DOWN + " holds weights that are too small for float16.\nMaybe bfloat16 serves");
    ModelReader.read(directory, DType.BFLOAT16, Device.CPU).close();
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "Q8_0", "Q4_0"})
  void writeGguf_smallWeights_isRefusedByTensorAndWrittenInBf16(GgufType type) throws IOException {
    Path file = directory.resolve("model.gguf");
    try (HeterogeneousModel model = smallOnly()) {
      assertRefused(
          () -> GgufModelWriter.write(model, file, type, FIELD),
          "tensor blk.0.ffn_down.weight holds weights that are too small for "
              + (type.fits(48) ? type : GgufType.F16)
              + ".\nMaybe bf16 serves");
      assertThat(file).doesNotExist();
      GgufModelWriter.write(model, file, GgufType.BF16, FIELD);
    }
    try (HeterogeneousModel model = smallOnly();
        HeterogeneousModel read = ModelReader.read(file)) {
      assertThat(Tensors.floats(tensor(read, DOWN))).isEqualTo(Tensors.floats(tensor(model, DOWN)));
    }
  }
}
