package org.nemotron.core.checkpoint.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.OptionalInt;
import org.nemotron.core.checkpoint.file.JsonFile;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.spec.RopeSpec;

/**
 * The rotary settings of a config.json: the pair {@code rope_theta} and {@code rope_scaling}, or
 * the newer {@code rope_parameters}, which goes first where both are given. The older pair is
 * written, since every reader knows it.
 */
final class RopeConfigs {
  private static final double DEFAULT_THETA = 10_000;

  private RopeConfigs() {}

  static RopeSpec parse(JsonFile file) throws CheckpointFormatException {
    double theta = file.number("rope_theta", DEFAULT_THETA);
    String key = file.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
    if (!file.has(key)) {
      return new RopeSpec.Plain(theta);
    }
    JsonFile rope = file.object(key);
    checkFlat(rope);
    double named = rope.number("rope_theta", theta);
    String type = rope.text("rope_type", rope.text("type", "default"));
    return switch (type) {
      case "default" -> new RopeSpec.Plain(named);
      case "linear" -> new RopeSpec.PositionInterpolation(named, rope.number("factor"));
      case "llama3" -> llama3(file, rope, named);
      default ->
          throw new CheckpointFormatException(
              rope.where()
                  + ": rope type "
                  + type
                  + " is not supported; default, linear and llama3 are");
    };
  }

  private static RopeSpec llama3(JsonFile file, JsonFile rope, double theta)
      throws CheckpointFormatException {
    String original = "original_max_position_embeddings";
    OptionalInt outside = file.optionalCount(original);
    return new RopeSpec.Llama3(
        theta,
        rope.number("factor"),
        rope.number("low_freq_factor"),
        rope.number("high_freq_factor"),
        outside.isPresent() && !rope.has(original) ? outside.getAsInt() : rope.count(original));
  }

  /** Refuses settings per kind of layer, and rotation of a part of a head only. */
  private static void checkFlat(JsonFile rope) throws CheckpointFormatException {
    for (JsonNode value : rope.node()) {
      if (value.isObject()) {
        throw new CheckpointFormatException(
            rope.where() + ": settings per kind of layer are not supported");
      }
    }
    double rotated = rope.number("partial_rotary_factor", 1);
    if (rotated != 1) {
      throw new CheckpointFormatException(
          rope.where()
              + ": partial_rotary_factor ("
              + rotated
              + ") is not supported; it must be 1");
    }
  }

  /** Adds the keys that describe {@code rope} to a config.json. */
  static void put(ObjectNode config, RopeSpec rope) {
    config.put("rope_theta", rope.theta());
    config.set("rope_scaling", rope.accept(new Scaling()));
  }

  /** The value of {@code rope_scaling}. */
  private static final class Scaling implements RopeSpec.Visitor<JsonNode> {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    @Override
    public JsonNode visit(RopeSpec.Plain rope) {
      return NODES.nullNode();
    }

    @Override
    public JsonNode visit(RopeSpec.PositionInterpolation rope) {
      return NODES
          .objectNode()
          .put("rope_type", "linear")
          .put("type", "linear")
          .put("factor", rope.factor());
    }

    @Override
    public JsonNode visit(RopeSpec.Llama3 rope) {
      return NODES
          .objectNode()
          .put("rope_type", "llama3")
          .put("factor", rope.factor())
          .put("low_freq_factor", rope.lowFreqFactor())
          .put("high_freq_factor", rope.highFreqFactor())
          .put("original_max_position_embeddings", rope.originalMaxPositions());
    }
  }
}
