package org.nemotron.core.checkpoint.gguf;

import static org.nemotron.core.checkpoint.gguf.BlockBytes.bit;
import static org.nemotron.core.checkpoint.gguf.BlockBytes.half;
import static org.nemotron.core.checkpoint.gguf.BlockBytes.high;
import static org.nemotron.core.checkpoint.gguf.BlockBytes.low;
import static org.nemotron.core.checkpoint.gguf.BlockBytes.unsigned;

/**
 * Decodes the types whose 256 elements have a scale and a minimum per 32 of them: Q4_K and Q5_K.
 *
 * <p>A block is a scale and a minimum for all, twelve bytes of eight scales and eight minima of six
 * bits, in Q5_K the fifth bits (bit g of byte i for element i of group g), and nibbles, of which
 * two groups of 32 share 32 bytes.
 */
final class ScaledThirtyTwos {
  private static final int GROUPS = 8;
  private static final int GROUP = 32;
  private static final int SIX_BITS = 4;
  private static final int FIFTHS = 16;

  private ScaledThirtyTwos() {}

  static void decodeQ4K(byte[] blocks, int from, float[] values, int to) {
    int codes = from + FIFTHS;
    for (int group = 0; group < GROUPS; group++) {
      float scale = half(blocks, from) * scale(blocks, from + SIX_BITS, group);
      float minimum = half(blocks, from + 2) * minimum(blocks, from + SIX_BITS, group);
      for (int i = 0; i < GROUP; i++) {
        values[to + group * GROUP + i] = scale * nibble(blocks, codes, group, i) - minimum;
      }
    }
  }

  static void decodeQ5K(byte[] blocks, int from, float[] values, int to) {
    int fifths = from + FIFTHS;
    int codes = fifths + GROUP;
    for (int group = 0; group < GROUPS; group++) {
      float scale = half(blocks, from) * scale(blocks, from + SIX_BITS, group);
      float minimum = half(blocks, from + 2) * minimum(blocks, from + SIX_BITS, group);
      for (int i = 0; i < GROUP; i++) {
        int level = nibble(blocks, codes, group, i) | bit(blocks, fifths + i, group) << 4;
        values[to + group * GROUP + i] = scale * level - minimum;
      }
    }
  }

  private static int nibble(byte[] blocks, int codes, int group, int element) {
    int at = codes + group / 2 * GROUP + element;
    return group % 2 == 0 ? low(blocks, at) : high(blocks, at);
  }

  /** Scales 0 to 3 are six bits of bytes 0 to 3; of 4 to 7, four bits are in bytes 8 to 11. */
  private static int scale(byte[] blocks, int six, int group) {
    return group < 4
        ? unsigned(blocks, six + group) & 63
        : low(blocks, six + group + 4) | unsigned(blocks, six + group - 4) >> 6 << 4;
  }

  /** Minima 0 to 3 are six bits of bytes 4 to 7; of 4 to 7, four bits are in bytes 8 to 11. */
  private static int minimum(byte[] blocks, int six, int group) {
    return group < 4
        ? unsigned(blocks, six + group + 4) & 63
        : high(blocks, six + group + 4) | unsigned(blocks, six + group) >> 6 << 4;
  }
}
