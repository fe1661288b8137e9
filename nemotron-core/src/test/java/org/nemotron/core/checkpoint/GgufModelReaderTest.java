package org.nemotron.core.checkpoint;

import static com.google.common.base.Verify.verifyNotNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.checkpoint.gguf.GgufArchitecture;
import org.nemotron.core.checkpoint.gguf.GgufHyperparameters;
import org.nemotron.core.checkpoint.gguf.GgufRows;
import org.nemotron.core.checkpoint.gguf.GgufTensor;
import org.nemotron.core.checkpoint.gguf.GgufTensors;
import org.nemotron.core.checkpoint.gguf.GgufValue;
import org.nemotron.core.checkpoint.gguf.GgufWriter;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

final class GgufModelReaderTest {
  private Path directory;
  private Path file;

  @BeforeEach
  void writeTokenizer(@TempDir Path directory) throws IOException {
    this.directory = directory;
    file = directory.resolve("model.gguf");
    LetterModels.writeTokenizer(directory);
  }

  static ImmutableMap<String, ModelSpec> specs() {
    BlockSpec qwen3 =
        new BlockSpec(
            new AttentionSpec.GroupedQuery(4, 2, 16, ImmutableSet.of(AttentionTrait.HEAD_NORMS)),
            new FfnSpec.Gated(96));
    return ImmutableMap.<String, ModelSpec>builder()
        .putAll(LetterModels.specs())
        .put(
            "uniform, normalized heads",
            LetterModels.spec(
                new RopeSpec.Plain(1_000_000),
                false,
                16,
                ImmutableList.copyOf(Collections.nCopies(2, qwen3))))
        .buildOrThrow();
  }

  @Test
  void convert_onlyTokenizerModel_isRefusedWithTheRemedy() throws IOException {
    Files.move(directory.resolve("tokenizer.json"), directory.resolve("tokenizer.model"));
    try (HeterogeneousModel model = LetterModels.model(spec("uniform, untied"), 1)) {
      assertThatThrownBy(() -> GgufModelWriter.write(model, file, GgufType.F32, directory))
          .isInstanceOf(CheckpointFormatException.class)
          .hasMessage(
              directory
                  + " has its tokenizer as tokenizer.model, which this library does not read.\n"
                  + "Maybe load the tokenizer in transformers and call save_pretrained: it writes"
                  + " tokenizer.json.");
    }
    assertThat(file).doesNotExist();
  }

  /** Found by mutation: a list of that length was made room for. */
  @Test
  void read_moreLayersThanTensors_isRefusedBeforeRoomIsMade() throws IOException {
    new GgufWriter()
        .put("general.architecture", GgufValue.of("llama"))
        .put("llama.block_count", GgufValue.of(Integer.MAX_VALUE))
        .put("llama.embedding_length", GgufValue.of(64))
        .put("llama.attention.head_count", GgufValue.of(4))
        .write(file);
    assertThatThrownBy(() -> ModelSpecReader.read(file))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(file + ": llama.block_count must be no more than there are tensors");
  }

  private static ModelSpec spec(String name) {
    return verifyNotNull(specs().get(name), name);
  }

  static ImmutableSet<String> names() {
    return specs().keySet();
  }

  @ParameterizedTest
  @MethodSource("names")
  void read_everyKindOfModelInF32_hasTheSameSpecAndTensors(String name) throws IOException {
    ModelSpec spec = spec(name);
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel model = LetterModels.model(spec, 1)) {
      GgufModelWriter.write(model, file, GgufType.F32, directory);
      assertThat(ModelSpecReader.read(file)).isEqualTo(spec);
      try (HeterogeneousModel read = ModelReader.read(file, DType.FLOAT32, Device.CPU);
          NamedTensors expected = NamedTensors.of(model.tensors());
          NamedTensors actual = NamedTensors.of(read.tensors())) {
        assertThat(read.spec()).isEqualTo(spec);
        assertThat(actual.asMap().keySet()).isEqualTo(expected.asMap().keySet());
        for (String tensor : expected.asMap().keySet()) {
          assertThat(actual.get(tensor).equal(expected.get(tensor))).as(tensor).isTrue();
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void read_writtenAgain_givesTheSameFile(String name) throws IOException {
    try (HeterogeneousModel model = LetterModels.model(spec(name), 1)) {
      GgufModelWriter.write(model, file, GgufType.F32, directory);
    }
    Path again = directory.resolve("again.gguf");
    try (HeterogeneousModel read = ModelReader.read(file, DType.FLOAT32, Device.CPU)) {
      GgufModelWriter.write(read, again, GgufType.F32, directory);
    }
    assertThat(again).hasSameBinaryContentAs(file);
  }

  /** What a weight may be off, relative to the greatest: half a step of the type. */
  private static double tolerance(GgufType type) {
    return switch (type) {
      case F32 -> 0;
      case F16 -> 0x1p-11;
      case BF16 -> 0x1p-8;
      case Q8_0 -> 0.5 / 127 + 0x1p-11;
      // The level of the opposite sign is one step short.
      case Q4_0 -> 1.0 / 8 + 0x1p-11;
      default -> throw new IllegalArgumentException(type + " is not written");
    };
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16", "Q8_0", "Q4_0"})
  void read_everyType_isWithinHalfAStep(GgufType type) throws IOException {
    ModelSpec spec = spec("uniform, untied");
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel model = LetterModels.model(spec, 2)) {
      GgufModelWriter.write(model, file, type, directory);
      try (HeterogeneousModel read = ModelReader.read(file, DType.FLOAT32, Device.CPU);
          NamedTensors actual = NamedTensors.of(read.tensors());
          NamedTensors expected = NamedTensors.of(model.tensors())) {
        for (String name : expected.asMap().keySet()) {
          double greatest = expected.get(name).abs().max().item_double();
          double off = actual.get(name).sub(expected.get(name)).abs().max().item_double();
          assertThat(off).as(name).isLessThanOrEqualTo(tolerance(type) * greatest);
        }
      }
    }
  }

  @Test
  void convert_directory_givesTheFileOfTheModel() throws IOException {
    Path converted = directory.resolve("converted.gguf");
    ModelSpec spec = spec("irregular, q, k and v biases");
    Path model = directory.resolve("model");
    try (HeterogeneousModel written = LetterModels.model(spec, 3)) {
      ModelWriter.write(written, model, DType.FLOAT32, directory);
      GgufModelWriter.write(written, file, GgufType.F16, directory);
    }
    GgufModelWriter.convert(model, converted, GgufType.F16);
    assertThat(converted).hasSameBinaryContentAs(file);
  }

  @Test
  void read_tensorWithoutAPlace_isRefused() throws IOException {
    writeWith("blk.0.strange.weight");
    assertThatThrownBy(() -> ModelReader.read(file, DType.FLOAT32, Device.CPU))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessageStartingWith(
            file + ": tensor blk.0.strange.weight has no place in a model of architecture llama");
  }

  @Test
  void read_biasOfAnOrdinaryGate_isRefused() throws IOException {
    writeWith("blk.0.ffn_gate.bias");
    assertThatThrownBy(() -> ModelSpecReader.read(file))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(
            file + ": tensor blk.0.ffn_gate.bias is not supported; biases of FFNs must be absent");
  }

  /** Writes a model and one more tensor. */
  private void writeWith(String tensor) throws IOException {
    ModelSpec spec = spec("uniform, untied");
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel model = LetterModels.model(spec, 1)) {
      ImmutableMap<String, org.bytedeco.pytorch.Tensor> tensors = model.tensors();
      GgufWriter writer = new GgufWriter();
      writer.putAll(GgufHyperparameters.of(spec, GgufArchitecture.LLAMA, GgufType.F32));
      GgufTensors.of(
              spec,
              GgufArchitecture.LLAMA,
              GgufType.F32,
              name -> verifyNotNull(tensors.get(name), name))
          .forEach(writer::add);
      writer.add(
          new GgufTensor(
              tensor,
              GgufType.F32,
              ImmutableList.of(1L),
              GgufRows.of(() -> Tensors.of(new float[] {1}, 1))));
      writer.write(file);
    }
  }

  @Test
  void read_otherArchitecture_isRefused() throws IOException {
    new GgufWriter().put("general.architecture", GgufValue.of("mamba")).write(file);
    assertThatThrownBy(() -> ModelSpecReader.read(file))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(
            file
                + ": architecture mamba is not supported; llama, deci, qwen2, qwen3, mistral3 are");
    assertThat(Files.size(file)).isPositive();
  }
}
