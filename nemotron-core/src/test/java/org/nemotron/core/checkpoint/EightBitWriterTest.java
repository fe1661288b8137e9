package org.nemotron.core.checkpoint;

import static com.google.common.base.Verify.verifyNotNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nemotron.core.checkpoint.safetensors.SafetensorsFile;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** Models written as 8-bit floats. */
final class EightBitWriterTest {
  private static final String DOWN = "model.layers.0.mlp.down_proj.weight";
  private static final ModelSpec PARENT = Checkpoints.llama(true);

  /** A child with a linear layer, and no FFN in its last layer. */
  private static final ModelSpec CHILD =
      PARENT.withBlocks(
          ImmutableList.of(
              PARENT.block(0),
              new BlockSpec(new AttentionSpec.Linear(), PARENT.block(1).ffn()),
              new BlockSpec(PARENT.block(0).attention(), new FfnSpec.NoOp())));

  @TempDir private Path directory = Path.of("");

  private Path write(ModelSpec spec, CheckpointForm form, long maxFileBytes) throws IOException {
    Path target = directory.resolve("child");
    try (HeterogeneousModel model = Checkpoints.model(spec, DType.BFLOAT16, 3)) {
      ModelWriter.write(
          model, target, DType.FLOAT8_E4M3, directory.resolve("parent"), form, maxFileBytes);
    }
    return target;
  }

  private static Tensor rounded(Tensor weight) {
    Tensor wide = weight.to(ScalarType.Float);
    Tensor scale = wide.abs().amax(new long[] {1}, true).div(new Scalar(448));
    return wide.div(scale).to(ScalarType.Float8_e4m3fn).to(ScalarType.Float).mul(scale);
  }

  /** Compares what is read with the layers' matrices rounded, and all else as it was. */
  private static void assertRounded(Path written, ModelSpec spec) throws IOException {
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel model = Checkpoints.model(spec, DType.BFLOAT16, 3);
        HeterogeneousModel read = ModelReader.read(written, DType.FLOAT32, Device.CPU)) {
      assertThat(read.spec()).isEqualTo(spec);
      Map<String, Tensor> readTensors = read.tensors();
      int matrices = 0;
      for (Map.Entry<String, Tensor> entry : model.tensors().entrySet()) {
        Tensor original = entry.getValue().detach();
        boolean matrix = entry.getKey().startsWith("model.layers.") && original.dim() == 2;
        Tensor expected = matrix ? rounded(original) : original.to(ScalarType.Float);
        Tensor found = verifyNotNull(readTensors.get(entry.getKey())).detach();
        assertThat(found.equal(expected)).as(entry.getKey()).isTrue();
        matrices += matrix ? 1 : 0;
      }
      assertThat(matrices).isGreaterThan(3);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"NEMOTRON_NAS", "ANY_MODEL"})
  void write_child_isReadAsItsRoundedMatrices(CheckpointForm form) throws IOException {
    assertRounded(write(CHILD, form, Long.MAX_VALUE), CHILD);
  }

  @Test
  void write_uniformModel_describesCompressedTensors() throws IOException {
    Path written = write(PARENT, CheckpointForm.FAMILY, Long.MAX_VALUE);
    assertRounded(written, PARENT);
    JsonNode config = new ObjectMapper().readTree(written.resolve("config.json").toFile());
    assertThat(config.path("torch_dtype").asText()).isEqualTo("bfloat16");
    assertThat(config.path("quantization_config"))
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    {"quant_method": "compressed-tensors", "format": "float-quantized",
                     "quantization_status": "compressed",
                     "config_groups": {"group_0": {"targets": ["Linear"],
                       "weights": {"num_bits": 8, "type": "float", "strategy": "channel",
                         "symmetric": true, "dynamic": false},
                       "input_activations": {"num_bits": 8, "type": "float", "strategy": "token",
                         "symmetric": true, "dynamic": true}}},
                     "ignore": ["lm_head"]}
                    """));
    try (SafetensorsFile file = SafetensorsFile.open(written.resolve("model.safetensors"))) {
      assertThat(file.dtype(DOWN)).isEqualTo(DType.FLOAT8_E4M3);
      assertThat(file.shape(DOWN + "_scale"))
          .isEqualTo(ImmutableList.of((long) PARENT.width(), 1L));
      assertThat(file.dtype("model.embed_tokens.weight")).isEqualTo(DType.BFLOAT16);
    }
  }

  @Test
  void write_eightBits_theCardSaysHowWeightsAreHeld() throws IOException {
    Path written = write(PARENT, CheckpointForm.FAMILY, Long.MAX_VALUE);
    assertThat(Files.readString(written.resolve(ModelCard.FILE)))
        .contains(
            "- weights: matrices of layers in 8 bits (e4m3) with a float32 scale for each row, in"
                + " the form of compressed-tensors; embedding, head and norms in bfloat16\n");
  }

  @Test
  void write_smallFiles_areDivided() throws IOException {
    Path written = write(CHILD, CheckpointForm.NEMOTRON_NAS, 500);
    try (Stream<Path> files = Files.list(written)) {
      assertThat(files.filter(file -> file.toString().endsWith(".safetensors")).count())
          .isGreaterThan(2);
    }
    assertRounded(written, CHILD);
  }

  @Test
  void write_rowOfZeros_staysZeros() throws IOException {
    Path target = directory.resolve("zeros");
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel model = Checkpoints.model(PARENT, DType.BFLOAT16, 3)) {
      ImmutableMap<String, Tensor> tensors = ImmutableMap.copyOf(model.tensors());
      Tensor unused = verifyNotNull(tensors.get(DOWN)).detach().select(0, 1).zero_();
      ModelWriter.write(
          model,
          target,
          DType.FLOAT8_E4M3,
          directory.resolve("parent"),
          CheckpointForm.FAMILY,
          Long.MAX_VALUE);
      try (CheckpointWeights read = ModelReader.weights(target, DType.FLOAT32, Device.CPU)) {
        assertThat(read.get(DOWN).select(0, 1).abs().max().item_double()).isZero();
        assertThat(Tensors.cast(read.get(DOWN), DType.FLOAT32).abs().max().item_double())
            .isPositive();
      }
    }
  }
}
