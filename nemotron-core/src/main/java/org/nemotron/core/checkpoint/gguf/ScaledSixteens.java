package org.nemotron.core.checkpoint.gguf;

import static org.nemotron.core.checkpoint.gguf.BlockBytes.bit;
import static org.nemotron.core.checkpoint.gguf.BlockBytes.half;
import static org.nemotron.core.checkpoint.gguf.BlockBytes.high;
import static org.nemotron.core.checkpoint.gguf.BlockBytes.low;
import static org.nemotron.core.checkpoint.gguf.BlockBytes.twoBits;

/**
 * Decodes the types whose 256 elements have a scale per 16 of them: Q2_K, Q3_K and Q6_K.
 *
 * <p>The elements are two halves of 128, each of four rows of 32; a row's codes are the same two
 * bits of 32 bytes.
 */
final class ScaledSixteens {
  private static final int ELEMENTS = 256;
  private static final int HALF = 128;
  private static final int ROW = 32;
  private static final int GROUP = 16;

  private ScaledSixteens() {}

  /** 16 scales (low) and minima (high), codes, their common scale and minimum. */
  static void decodeQ2K(byte[] blocks, int from, float[] values, int to) {
    int codes = from + ELEMENTS / GROUP;
    float scale = half(blocks, from + 80);
    float minimum = half(blocks, from + 82);
    for (int group = 0; group < ELEMENTS / GROUP; group++) {
      float groupScale = scale * low(blocks, from + group);
      float groupMinimum = minimum * high(blocks, from + group);
      int first = group * GROUP;
      for (int i = first; i < first + GROUP; i++) {
        values[to + i] = groupScale * code(blocks, codes, i) - groupMinimum;
      }
    }
  }

  /** The third bits, which lower a level by 4 where they are 0; codes; packed scales; a scale. */
  static void decodeQ3K(byte[] blocks, int from, float[] values, int to) {
    int codes = from + ROW;
    int scales = from + 96;
    float scale = half(blocks, from + 108);
    for (int group = 0; group < ELEMENTS / GROUP; group++) {
      float groupScale = scale * (sixBits(blocks, scales, group) - 32);
      int first = group * GROUP;
      for (int i = first; i < first + GROUP; i++) {
        int third = bit(blocks, from + i % ROW, i / ROW);
        values[to + i] = groupScale * (code(blocks, codes, i) - 4 * (1 - third));
      }
    }
  }

  /** Four bits of 16 scales in eight bytes, low halves first; their upper two bits in four more. */
  private static int sixBits(byte[] blocks, int scales, int group) {
    int lower = group < 8 ? low(blocks, scales + group) : high(blocks, scales + group - 8);
    return lower | twoBits(blocks, scales + 8 + group % 4, group / 4 * 2) << 4;
  }

  /** Lower four bits, upper two bits, 16 signed scales, their common scale. */
  static void decodeQ6K(byte[] blocks, int from, float[] values, int to) {
    int uppers = from + HALF;
    int scales = from + 192;
    float scale = half(blocks, from + 208);
    for (int group = 0; group < ELEMENTS / GROUP; group++) {
      float groupScale = scale * blocks[scales + group];
      int first = group * GROUP;
      for (int i = first; i < first + GROUP; i++) {
        int level = fourBits(blocks, from, i) | code(blocks, uppers, i) << 4;
        values[to + i] = groupScale * (level - 32);
      }
    }
  }

  /**
   * The first 64 elements of a half of 128 are the lower halves of 64 bytes, the rest the upper.
   */
  private static int fourBits(byte[] blocks, int lowers, int element) {
    int within = element % HALF;
    int at = lowers + element / HALF * (HALF / 2) + within % (HALF / 2);
    return within < HALF / 2 ? low(blocks, at) : high(blocks, at);
  }

  private static int code(byte[] blocks, int codes, int element) {
    int within = element % HALF;
    return twoBits(blocks, codes + element / HALF * ROW + within % ROW, within / ROW * 2);
  }
}
