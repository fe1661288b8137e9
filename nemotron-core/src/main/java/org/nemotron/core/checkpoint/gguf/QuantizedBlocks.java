package org.nemotron.core.checkpoint.gguf;

import static com.google.common.base.Preconditions.checkArgument;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.nemotron.core.checkpoint.format.GgufType;

/**
 * The blocks of GGUF's quantized types: 32 neighbors that share a scale.
 *
 * <p>Q8_0: {@code scale = max|x| / 127}, then a signed byte {@code round(x / scale)} per element.
 * Q4_0: {@code scale = m / -8}, where m is the element of greatest magnitude with its sign, then
 * half a byte {@code min(15, floor(x / scale + 8.5))} per element, the first 16 elements in the low
 * halves. The scale is divided by before it is rounded to half precision, as llama.cpp does.
 */
final class QuantizedBlocks {
  static final int ELEMENTS = 32;

  /** The level that the greatest magnitude of a Q4_0 block gets; that of Q8_0 is higher. */
  static final int MAX_LEVEL = 8;

  private static final int Q8_LEVELS = 127;

  private QuantizedBlocks() {}

  /** Returns the blocks of {@code values}, of which there are a multiple of 32. */
  static byte[] quantize(GgufType type, float[] values) {
    checkArgument(values.length % ELEMENTS == 0, "%s elements are no blocks", values.length);
    ByteBuffer blocks =
        ByteBuffer.allocate(values.length / ELEMENTS * type.blockBytes())
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < values.length; from += ELEMENTS) {
      if (type == GgufType.Q8_0) {
        putQ8(blocks, values, from);
      } else {
        putQ4(blocks, values, from);
      }
    }
    return blocks.array();
  }

  private static void putQ8(ByteBuffer blocks, float[] values, int from) {
    float scale = Math.abs(greatest(values, from)) / Q8_LEVELS;
    float inverse = scale == 0 ? 0 : 1 / scale;
    blocks.putShort(HalfFloats.of(scale));
    for (int index = from; index < from + ELEMENTS; index++) {
      blocks.put((byte) roundedAwayFromZero(values[index] * inverse));
    }
  }

  private static void putQ4(ByteBuffer blocks, float[] values, int from) {
    float scale = greatest(values, from) / -MAX_LEVEL;
    float inverse = scale == 0 ? 0 : 1 / scale;
    blocks.putShort(HalfFloats.of(scale));
    for (int index = from; index < from + ELEMENTS / 2; index++) {
      int low = level(values[index] * inverse);
      int high = level(values[index + ELEMENTS / 2] * inverse);
      blocks.put((byte) (low | high << 4));
    }
  }

  private static int level(float scaled) {
    return Math.min(15, (int) (scaled + 8.5f));
  }

  /** Returns the first element of greatest magnitude. */
  private static float greatest(float[] values, int from) {
    float greatest = 0;
    for (int index = from; index < from + ELEMENTS; index++) {
      if (Math.abs(values[index]) > Math.abs(greatest)) {
        greatest = values[index];
      }
    }
    return greatest;
  }

  /** Rounds halves away from zero, exactly: the fraction of a small float is one. */
  private static int roundedAwayFromZero(float value) {
    float magnitude = Math.abs(value);
    int whole = (int) magnitude;
    int rounded = magnitude - whole >= 0.5f ? whole + 1 : whole;
    return value < 0 ? -rounded : rounded;
  }
}
