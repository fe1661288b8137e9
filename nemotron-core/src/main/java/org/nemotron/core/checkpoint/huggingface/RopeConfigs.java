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
 * the newer {@code rope_parameters}. As in transformers, {@code rope_scaling} goes first where both
 * are given, and a base among the settings goes before the one beside them; where that would lose a
 * base, the file is refused. The older pair is written, since every reader knows it.
 */
final class RopeConfigs {
  private static final double DEFAULT_THETA = 10_000;
  private static final String THETA = "rope_theta";
  private static final String NEWER = "rope_parameters";
  private static final String OLDER = "rope_scaling";
  private static final String TYPE = "rope_type";
  private static final String OLD_TYPE = "type";
  private static final String FACTOR = "factor";
  private static final String PART = "partial_rotary_factor";
  private static final String ORIGINAL = "original_max_position_embeddings";

  private RopeConfigs() {}

  /**
   * Returns the settings of {@code file}.
   *
   * @param maxPositions the longest context, for which the frequencies are scaled where the
   *     settings do not say from which they are
   */
  static RopeSpec parse(JsonFile file, int maxPositions) throws CheckpointFormatException {
    checkWhole(file);
    boolean older = isGiven(file, OLDER);
    if (!older && !isGiven(file, NEWER)) {
      return new RopeSpec.Plain(file.number(THETA, DEFAULT_THETA));
    }
    JsonFile rope = file.object(older ? OLDER : NEWER);
    checkFlat(rope);
    checkWhole(rope);
    double theta = rope.number(THETA, file.number(THETA, DEFAULT_THETA));
    if (older && isGiven(file, NEWER)) {
      checkSameTheta(file.object(NEWER), theta);
    }
    return scaled(file, rope, theta, maxPositions);
  }

  /** An empty object counts as missing. */
  private static boolean isGiven(JsonFile file, String key) {
    return file.has(key) && !(file.node().path(key).isObject() && file.node().path(key).isEmpty());
  }

  private static RopeSpec scaled(JsonFile file, JsonFile rope, double theta, int maxPositions)
      throws CheckpointFormatException {
    String type = rope.text(rope.names(TYPE) ? TYPE : OLD_TYPE, "default");
    return switch (type) {
      case "default" -> plain(rope, theta);
      case "linear" -> new RopeSpec.PositionInterpolation(theta, rope.number(FACTOR));
      case "llama3" -> llama3(file, rope, theta, maxPositions);
      default -> throw unsupported(file, rope, type);
    };
  }

  private static RopeSpec plain(JsonFile rope, double theta) throws CheckpointFormatException {
    double factor = rope.number(FACTOR, 1);
    if (factor != 1) {
      throw new CheckpointFormatException(
          rope.where()
              + ": factor ("
              + factor
              + ") has no effect without a rope_type.\n"
              + "Maybe \"rope_type\": \"linear\" is meant.");
    }
    return new RopeSpec.Plain(theta);
  }

  /** Within its context, a model of dynamic rotation rotates as one without scaling. */
  private static CheckpointFormatException unsupported(JsonFile file, JsonFile rope, String type) {
    String remedy =
        isGiven(file, OLDER)
            ? ".\nMaybe set rope_scaling to null: "
            : ".\nMaybe leave nothing but rope_theta there: ";
    return new CheckpointFormatException(
        rope.where()
            + ": rope type "
            + type
            + " is not supported; default, linear and llama3 are"
            + (type.equals("dynamic")
                ? remedy + "up to max_position_embeddings the model is the same."
                : ""));
  }

  private static RopeSpec llama3(JsonFile file, JsonFile rope, double theta, int maxPositions)
      throws CheckpointFormatException {
    OptionalInt outside = file.optionalCount(ORIGINAL);
    OptionalInt inside = rope.optionalCount(ORIGINAL);
    if (outside.isPresent() && inside.isPresent() && !outside.equals(inside)) {
      throw rope.wrong(
          ORIGINAL,
          rope.node().path(ORIGINAL),
          "that outside of it (" + outside.getAsInt() + "), or missing");
    }
    return new RopeSpec.Llama3(
        theta,
        rope.number(FACTOR),
        rope.number("low_freq_factor"),
        rope.number("high_freq_factor"),
        outside.orElse(inside.orElse(maxPositions)));
  }

  /** Refuses a base that would be lost where the older settings go first. */
  private static void checkSameTheta(JsonFile newer, double theta)
      throws CheckpointFormatException {
    double named = newer.number(THETA, theta);
    if (named != theta) {
      throw new CheckpointFormatException(
          newer.where()
              + ": rope_theta ("
              + named
              + ") must be that of rope_scaling, which goes first ("
              + theta
              + ").\nMaybe move the settings of rope_scaling into rope_parameters.");
    }
  }

  /** Refuses settings per kind of layer. */
  private static void checkFlat(JsonFile rope) throws CheckpointFormatException {
    for (JsonNode value : rope.node()) {
      if (value.isObject()) {
        throw new CheckpointFormatException(
            rope.where() + ": settings per kind of layer are not supported");
      }
    }
  }

  /** Refuses rotation of a part of a head only. */
  private static void checkWhole(JsonFile object) throws CheckpointFormatException {
    double rotated = object.number(PART, 1);
    if (rotated != 1) {
      throw new CheckpointFormatException(
          object.where()
              + ": partial_rotary_factor ("
              + rotated
              + ") is not supported; it must be 1");
    }
  }

  /** Adds the keys that describe {@code rope} to a config.json. */
  static void put(ObjectNode config, RopeSpec rope) {
    config.put(THETA, rope.theta());
    config.set(OLDER, rope.accept(new Scaling()));
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
