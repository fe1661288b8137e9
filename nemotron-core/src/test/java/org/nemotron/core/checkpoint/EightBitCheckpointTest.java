package org.nemotron.core.checkpoint;

import static com.google.common.base.Verify.verifyNotNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.primitives.ImmutableDoubleArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.inference.KvScales;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** Ready-made checkpoints of 8-bit floats: what is read, and what is refused by name. */
final class EightBitCheckpointTest {
  private static final String DOWN = "model.layers.0.mlp.down_proj.weight";
  private static final String SCALE = DOWN + "_scale";
  private static final ModelSpec SPEC = Checkpoints.llama(true);

  private Path directory;

  @BeforeEach
  void name(@TempDir Path temporary) {
    directory = temporary;
  }

  private static ObjectNode modelOpt() {
    return new ObjectMapper()
        .createObjectNode()
        .put("quant_method", "modelopt")
        .put("quant_algo", "FP8");
  }

  private static ObjectNode compressed(String strategy) {
    ObjectNode form = new ObjectMapper().createObjectNode();
    form.put("quant_method", "compressed-tensors").put("format", "float-quantized");
    form.putObject("config_groups")
        .putObject("group_0")
        .putObject("weights")
        .put("num_bits", 8)
        .put("type", "float")
        .put("strategy", strategy);
    return form;
  }

  /**
   * Writes the model with e4m3 matrices in its layers, each with a scale for each of {@code rows}
   * or one, and scales of inputs and keys; {@code change} then changes the tensors.
   */
  private void write(ObjectNode form, boolean rows, Consumer<Map<String, Tensor>> change)
      throws IOException {
    try (NativeScope scope = NativeScope.open()) {
      Map<String, Tensor> stored = new TreeMap<>();
      Checkpoints.weights(SPEC, 7)
          .forEach(
              (name, weight) -> {
                if (name.endsWith("_proj.weight")) {
                  Tensor wide = weight.to(ScalarType.Float);
                  Tensor scale = scales(wide, rows);
                  stored.put(name, wide.div(scale).to(ScalarType.Float8_e4m3fn));
                  stored.put(name + "_scale", scale);
                  stored.put(name.replace(".weight", ".input_scale"), one());
                } else {
                  stored.put(name, weight);
                }
              });
      stored.put("model.layers.0.self_attn.k_scale", one());
      change.accept(stored);
      new SafetensorsWriter().addAll(stored).write(directory.resolve("model.safetensors"));
    }
    ObjectNode config = Checkpoints.llamaConfig(SPEC);
    config.set("quantization_config", form);
    new ObjectMapper().writeValue(directory.resolve("config.json").toFile(), config);
  }

  private static Tensor one() {
    return Tensors.zeros(Device.CPU, DType.FLOAT32, 1).fill_(new Scalar(1));
  }

  private static Tensor scales(Tensor weight, boolean rows) {
    Tensor largest = rows ? weight.abs().amax(new long[] {1}, true) : weight.abs().max().view(1);
    return largest.div(new Scalar(448));
  }

  private void write(Consumer<Map<String, Tensor>> change) throws IOException {
    write(modelOpt(), false, change);
  }

  private CheckpointWeights opened() throws IOException {
    return ModelReader.weights(directory, DType.FLOAT32, Device.CPU);
  }

  private void assertRefused(String message) {
    assertThatThrownBy(this::opened)
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"modelopt", "tensor", "channel"})
  void get_scaledMatrix_isItsNumbersTimesTheScale(String kind) throws IOException {
    boolean rows = kind.equals("channel");
    write(kind.equals("modelopt") ? modelOpt() : compressed(kind), rows, stored -> {});
    try (NativeScope scope = NativeScope.open();
        CheckpointWeights weights = opened()) {
      Tensor original = verifyNotNull(Checkpoints.weights(SPEC, 7).get(DOWN)).to(ScalarType.Float);
      Tensor scale = scales(original, rows);
      Tensor rounded = original.div(scale).to(ScalarType.Float8_e4m3fn).to(ScalarType.Float);
      assertThat(weights.get(DOWN).equal(rounded.mul(scale))).isTrue();
      double error = weights.get(DOWN).sub(original).norm().item_double();
      assertThat(error).isBetween(1e-9, original.norm().item_double() / 16);
      String norm = "model.norm.weight";
      assertThat(weights.get(norm).equal(Checkpoints.weights(SPEC, 7).get(norm))).isTrue();
    }
  }

  @Test
  void open_scaleMissing_isNamed() throws IOException {
    write(stored -> stored.remove(SCALE));
    assertRefused(
        directory
            + ": tensor "
            + DOWN
            + " is float8_e4m3fn, but "
            + SCALE
            + " is missing.\nMaybe a file of the checkpoint is missing.");
  }

  @Test
  void open_scaleOfAnotherShape_isNamed() throws IOException {
    write(stored -> stored.put(SCALE, Tensors.zeros(Device.CPU, DType.FLOAT32, 3)));
    long rows = verifyNotNull(SPEC.tensorShapes().get(DOWN)).get(0);
    assertRefused(
        directory
            + ": tensor "
            + SCALE
            + " has shape [3]; it must be one of [[], [1], ["
            + rows
            + "], ["
            + rows
            + ", 1]]");
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, 0, -1})
  void open_scaleNotAPositiveNumber_isNamed(double value) throws IOException {
    String keys = "model.layers.0.self_attn.k_scale";
    for (String name : new String[] {SCALE, keys}) {
      write(stored -> stored.put(name, one().fill_(new Scalar(value))));
      assertRefused(
          directory
              + ": tensor "
              + name
              + " must hold positive numbers, and none that is NaN or infinite.\n"
              + "Maybe the model was calibrated on too few tokens.");
    }
  }

  @Test
  void kvScales_eitherFormOrNone_areThoseStored() throws IOException {
    write(
        stored -> {
          stored.put("model.layers.0.self_attn.k_scale", one().fill_(new Scalar(0.25)));
          stored.put("model.layers.0.self_attn.v_proj.v_scale", one().fill_(new Scalar(2)));
          stored.put("model.layers.1.self_attn.kv_scale", one().fill_(new Scalar(0.5)));
        });
    try (CheckpointWeights weights = opened()) {
      assertThat(weights.kvScales(0))
          .isEqualTo(new KvScales(ImmutableDoubleArray.of(0.25), ImmutableDoubleArray.of(2)));
      assertThat(weights.kvScales(1))
          .isEqualTo(new KvScales(ImmutableDoubleArray.of(0.5), ImmutableDoubleArray.of(0.5)));
    }
    write(stored -> stored.remove("model.layers.0.self_attn.k_scale"));
    try (CheckpointWeights weights = opened()) {
      assertThat(weights.kvScales(0)).isEqualTo(KvScales.ONE);
    }
  }

  @Test
  void open_eightBitsWithoutAForm_isRefused() throws IOException {
    write(stored -> stored.remove("model.layers.0.self_attn.k_scale"));
    Checkpoints.writeLlamaConfig(directory, SPEC);
    assertThatThrownBy(this::opened)
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessageContaining("has no place in the model of config.json");
  }

  @Test
  void open_otherFormOfEightBits_isRefusedByName() throws IOException {
    write(compressed("block"), false, stored -> {});
    assertRefused(
        directory.resolve("config.json")
            + ", quantization_config, config_groups, group_0, weights: strategy (block) is not"
            + " supported; weights of 8-bit floats are read in compressed-tensors' float-quantized"
            + " form with a scale for a matrix or each row, and in ModelOpt's FP8.\n"
            + "Maybe the model is also published in bfloat16 or float16.");
  }
}
