package org.nemotron.core.checkpoint.gguf;

import static org.nemotron.core.checkpoint.gguf.BlockBytes.bit;
import static org.nemotron.core.checkpoint.gguf.BlockBytes.half;
import static org.nemotron.core.checkpoint.gguf.BlockBytes.high;
import static org.nemotron.core.checkpoint.gguf.BlockBytes.low;
import static org.nemotron.core.checkpoint.gguf.BlockBytes.single;

/**
 * Decodes blocks with one scale: {@code scale * level}, or {@code scale * level + minimum}.
 *
 * <p>Levels of four bits are two to a byte, the first half of the block in the lower halves; a
 * fifth bit is in a word of its own, bit i for element i.
 */
final class SmallBlocks {
  private static final int ELEMENTS = 32;
  private static final int HALF = ELEMENTS / 2;
  private static final int SUPER_ELEMENTS = 256;

  private SmallBlocks() {}

  /** Scale, nibbles; levels from -8 to 7. */
  static void decodeQ40(byte[] blocks, int from, float[] values, int to) {
    float scale = half(blocks, from);
    int codes = from + 2;
    for (int i = 0; i < HALF; i++) {
      values[to + i] = (low(blocks, codes + i) - 8) * scale;
      values[to + HALF + i] = (high(blocks, codes + i) - 8) * scale;
    }
  }

  /** Scale, minimum, nibbles. */
  static void decodeQ41(byte[] blocks, int from, float[] values, int to) {
    float scale = half(blocks, from);
    float minimum = half(blocks, from + 2);
    int codes = from + 4;
    for (int i = 0; i < HALF; i++) {
      values[to + i] = low(blocks, codes + i) * scale + minimum;
      values[to + HALF + i] = high(blocks, codes + i) * scale + minimum;
    }
  }

  /** Scale, fifth bits, nibbles; levels from -16 to 15. */
  static void decodeQ50(byte[] blocks, int from, float[] values, int to) {
    float scale = half(blocks, from);
    int fifths = from + 2;
    int codes = from + 6;
    for (int i = 0; i < HALF; i++) {
      int first = low(blocks, codes + i) | fifth(blocks, fifths, i);
      int second = high(blocks, codes + i) | fifth(blocks, fifths, i + HALF);
      values[to + i] = (first - 16) * scale;
      values[to + HALF + i] = (second - 16) * scale;
    }
  }

  /** Scale, minimum, fifth bits, nibbles. */
  static void decodeQ51(byte[] blocks, int from, float[] values, int to) {
    float scale = half(blocks, from);
    float minimum = half(blocks, from + 2);
    int fifths = from + 4;
    int codes = from + 8;
    for (int i = 0; i < HALF; i++) {
      int first = low(blocks, codes + i) | fifth(blocks, fifths, i);
      int second = high(blocks, codes + i) | fifth(blocks, fifths, i + HALF);
      values[to + i] = first * scale + minimum;
      values[to + HALF + i] = second * scale + minimum;
    }
  }

  private static int fifth(byte[] blocks, int word, int element) {
    return bit(blocks, word + element / 8, element % 8) << 4;
  }

  /** Scale, signed bytes. */
  static void decodeQ80(byte[] blocks, int from, float[] values, int to) {
    float scale = half(blocks, from);
    for (int i = 0; i < ELEMENTS; i++) {
      values[to + i] = blocks[from + 2 + i] * scale;
    }
  }

  /** Scale in single precision, 256 signed bytes, and sums of them that reading does not need. */
  static void decodeQ8K(byte[] blocks, int from, float[] values, int to) {
    float scale = single(blocks, from);
    for (int i = 0; i < SUPER_ELEMENTS; i++) {
      values[to + i] = scale * blocks[from + 4 + i];
    }
  }
}
