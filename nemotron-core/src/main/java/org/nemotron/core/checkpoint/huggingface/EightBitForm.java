package org.nemotron.core.checkpoint.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.nemotron.core.checkpoint.file.JsonFile;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.tensor.DType;

/**
 * Which checkpoints of 8-bit floats can be read, by what they say of themselves: compressed-tensors
 * with a scale for a matrix or for each of its rows, and ModelOpt's FP8.
 */
public final class EightBitForm {
  static final String KEY = "quantization_config";

  /** What is written beside the matrices of 8-bit floats has this type. */
  static final DType OTHERS = DType.BFLOAT16;

  private static final String LAYERS = "model.layers.";
  private static final String MODEL_OPT_FILE = "hf_quant_config.json";
  private static final String METHOD = "quant_method";
  private static final String ALGORITHM = "quant_algo";

  private EightBitForm() {}

  /** Returns whether the checkpoint says that it has weights of 8-bit floats. */
  static boolean isOf(Path directory) throws IOException {
    if (JsonFile.read(directory.resolve(CheckpointDirectory.CONFIG)).has(KEY)) {
      return true;
    }
    Path modelOpt = directory.resolve(MODEL_OPT_FILE);
    if (!Files.exists(modelOpt)) {
      return false;
    }
    JsonFile quantization = JsonFile.read(modelOpt).object("quantization");
    if (!quantization.has(ALGORITHM)) {
      return false;
    }
    checkModelOpt(quantization);
    return true;
  }

  /** Refuses a config.json whose weights are stored in a way that is not read. */
  static void check(JsonFile config) throws CheckpointFormatException {
    if (!config.has(KEY)) {
      return;
    }
    JsonFile form = config.object(KEY);
    switch (form.text(METHOD, "(not named)")) {
      case "compressed-tensors" -> checkCompressedTensors(form);
      case "modelopt" -> checkModelOpt(form);
      default -> throw unsupported(form, METHOD);
    }
  }

  /**
   * Says in a config.json that its layers' matrices are 8-bit floats with a scale for each row, and
   * that inputs are rounded with one for each token as they come: compressed-tensors' form.
   */
  public static void describe(ObjectNode config) {
    config.put("torch_dtype", OTHERS.configName());
    ObjectNode form = config.putObject(KEY);
    form.put(METHOD, "compressed-tensors")
        .put("format", "float-quantized")
        .put("quantization_status", "compressed");
    ObjectNode group = form.putObject("config_groups").putObject("group_0");
    group.putArray("targets").add("Linear");
    eightBits(group.putObject("weights"), "channel", false);
    eightBits(group.putObject("input_activations"), "token", true);
    form.putArray("ignore").add("lm_head");
  }

  /** Returns whether the tensor of this name and shape is written as 8-bit floats. */
  static boolean has(String name, ImmutableList<Long> shape) {
    return name.startsWith(LAYERS) && shape.size() == 2;
  }

  private static void eightBits(ObjectNode part, String strategy, boolean dynamic) {
    part.put("num_bits", 8)
        .put("type", "float")
        .put("strategy", strategy)
        .put("symmetric", true)
        .put("dynamic", dynamic);
  }

  private static void checkModelOpt(JsonFile form) throws CheckpointFormatException {
    if (!form.text(ALGORITHM, "(not named)").equals("FP8")) {
      throw unsupported(form, ALGORITHM);
    }
  }

  private static void checkCompressedTensors(JsonFile form) throws CheckpointFormatException {
    if (!form.text("format", "(not named)").equals("float-quantized")) {
      throw unsupported(form, "format");
    }
    JsonFile groups = form.object("config_groups");
    for (Map.Entry<String, JsonNode> group : groups.node().properties()) {
      JsonFile weights = groups.object(group.getKey()).object("weights");
      if (!weights.text("type", "(not named)").equals("float")) {
        throw unsupported(weights, "type");
      }
      if (weights.count("num_bits") != 8) {
        throw unsupported(weights, "num_bits");
      }
      String strategy = weights.text("strategy", "tensor");
      if (!strategy.equals("tensor") && !strategy.equals("channel")) {
        throw unsupported(weights, "strategy");
      }
    }
  }

  private static CheckpointFormatException unsupported(JsonFile where, String key) {
    JsonNode value = where.node().path(key);
    return new CheckpointFormatException(
        where.where()
            + ": "
            + key
            + " ("
            + (value.isTextual() ? value.asText() : value.toString())
            + ") is not supported; weights of 8-bit floats are read in compressed-tensors'"
            + " float-quantized form with a scale for a matrix or each row, and in ModelOpt's FP8.\n"
            + "Maybe the model is also published in bfloat16 or float16.");
  }
}
