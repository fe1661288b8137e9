package org.nemotron.core.checkpoint.gguf;

import static org.nemotron.core.checkpoint.gguf.BlockBytes.half;
import static org.nemotron.core.checkpoint.gguf.BlockBytes.high;
import static org.nemotron.core.checkpoint.gguf.BlockBytes.low;
import static org.nemotron.core.checkpoint.gguf.BlockBytes.shortBits;

/**
 * Decodes the types whose sixteen levels are denser near zero: {@code scale * LEVELS[code]}.
 *
 * <p>IQ4_NL: scale, nibbles. IQ4_XS: a scale for 256 elements, the upper two bits of eight scales
 * of six bits, their lower four bits, nibbles; a group of 32 has its first half in the lower halves
 * of 16 bytes.
 */
final class UnevenLevels {
  private static final int[] LEVELS = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  private static final int HALF = 16;
  private static final int GROUPS = 8;
  private static final int GROUP = 2 * HALF;

  private UnevenLevels() {}

  static void decodeIq4Nl(byte[] blocks, int from, float[] values, int to) {
    decodeGroup(half(blocks, from), blocks, from + 2, values, to);
  }

  static void decodeIq4Xs(byte[] blocks, int from, float[] values, int to) {
    float scale = half(blocks, from);
    int upper = shortBits(blocks, from + 2);
    int lower = from + 4;
    int codes = from + 8;
    for (int group = 0; group < GROUPS; group++) {
      int at = lower + group / 2;
      int four = group % 2 == 0 ? low(blocks, at) : high(blocks, at);
      int six = four | (upper >> (2 * group) & 3) << 4;
      decodeGroup(scale * (six - 32), blocks, codes + HALF * group, values, to + GROUP * group);
    }
  }

  private static void decodeGroup(float scale, byte[] blocks, int codes, float[] values, int to) {
    for (int i = 0; i < HALF; i++) {
      values[to + i] = scale * LEVELS[low(blocks, codes + i)];
      values[to + HALF + i] = scale * LEVELS[high(blocks, codes + i)];
    }
  }
}
