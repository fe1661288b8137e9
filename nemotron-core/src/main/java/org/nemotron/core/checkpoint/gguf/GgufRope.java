package org.nemotron.core.checkpoint.gguf;

import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.tensor.Tensors;

/**
 * The rotary settings of a GGUF file. Llama 3's scaling stands there only by its result, a divisor
 * per frequency; its settings are found again from the greatest divisor, the original context and
 * the thresholds 1 and 4 that all such models have.
 */
final class GgufRope {
  static final String ORIGINAL_CONTEXT = "rope.scaling.original_context_length";

  private static final String TYPE = "rope.scaling.type";
  private static final String NONE = "none";
  private static final String LINEAR = "linear";
  private static final String FACTOR = "rope.scaling.factor";
  private static final String ATTENTION_FACTOR = "rope.scaling.attn_factor";

  /** The factor's name in files of 2023. */
  private static final String OLD_FACTOR = "rope.scale_linear";

  private static final double DEFAULT_THETA = 10_000;
  private static final int LLAMA3_CONTEXT = 8192;
  private static final double LOW = 1;
  private static final double HIGH = 4;

  /** Divisors are stored in single precision. */
  private static final double TOLERANCE = 1e-6;

  private GgufRope() {}

  static RopeSpec read(GgufFile file, GgufKeys keys, GgufArchitecture architecture, int headDim)
      throws CheckpointFormatException {
    double theta = keys.number(architecture.key("rope.freq_base"), DEFAULT_THETA);
    double factor = factor(keys, architecture);
    if (file.names().contains(GgufNames.ROPE_FACTORS)) {
      if (factor != 1) {
        throw keys.wrong(
            architecture.key(FACTOR),
            "1 beside the tensor " + GgufNames.ROPE_FACTORS + ", not " + factor);
      }
      return llama3(file, keys, architecture, headDim, theta);
    }
    if (!(factor >= 1)) {
      throw keys.wrong(architecture.key(FACTOR), "at least 1, not " + factor);
    }
    return factor == 1
        ? new RopeSpec.Plain(theta)
        : new RopeSpec.PositionInterpolation(theta, factor);
  }

  /**
   * Returns what all frequencies are divided by. As in llama.cpp, a file that gives a factor and no
   * type means linear scaling, and a factor of 0 none.
   */
  private static double factor(GgufKeys keys, GgufArchitecture architecture)
      throws CheckpointFormatException {
    String type = keys.optionalText(architecture.key(TYPE)).orElse(LINEAR);
    if (!type.equals(NONE) && !type.equals(LINEAR)) {
      throw keys.wrong(
          architecture.key(TYPE),
          "none or linear, not "
              + type
              + ".\nMaybe take a file of the model that was converted without this scaling, which"
              + " serves for longer texts");
    }
    if (keys.number(architecture.key(ATTENTION_FACTOR), 1) != 1) {
      throw keys.wrong(architecture.key(ATTENTION_FACTOR), "1");
    }
    String named = keys.has(architecture.key(FACTOR)) ? FACTOR : OLD_FACTOR;
    double factor = keys.number(architecture.key(named), 0);
    return type.equals(NONE) || factor == 0 ? 1 : factor;
  }

  private static RopeSpec llama3(
      GgufFile file, GgufKeys keys, GgufArchitecture architecture, int headDim, double theta)
      throws CheckpointFormatException {
    float[] stored = Tensors.floats(file.tensor(GgufNames.ROPE_FACTORS));
    OptionalDouble greatest =
        IntStream.range(0, stored.length).mapToDouble(index -> stored[index]).max();
    int original = keys.optionalCount(architecture.key(ORIGINAL_CONTEXT)).orElse(LLAMA3_CONTEXT);
    double factor = greatest.orElse(0);
    if (factor >= 1 && stored.length == headDim / 2) {
      RopeSpec.Llama3 rope = new RopeSpec.Llama3(theta, factor, LOW, HIGH, original);
      if (gives(rope, headDim, stored)) {
        return rope;
      }
    }
    throw new CheckpointFormatException(
        file.path()
            + ": tensor "
            + GgufNames.ROPE_FACTORS
            + " must be the scaling of Llama 3 with an original context of "
            + original
            + " and the thresholds 1 and 4");
  }

  private static boolean gives(RopeSpec.Llama3 rope, int headDim, float[] divisors) {
    RopeSpec plain = new RopeSpec.Plain(rope.theta());
    return IntStream.range(0, divisors.length)
        .allMatch(
            pair -> {
              double divisor =
                  plain.inverseFrequencies(headDim).get(pair)
                      / rope.inverseFrequencies(headDim).get(pair);
              return Math.abs(divisors[pair] / divisor - 1) < TOLERANCE;
            });
  }
}
