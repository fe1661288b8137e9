package org.nemotron.core.checkpoint.gguf;

import org.nemotron.core.checkpoint.format.GgufType;

/**
 * Reads one block of a quantized type back as float32. Stateless: used by many threads at once.
 *
 * <p>Every decoder multiplies and adds in the order of ggml's own reference, so that the results
 * are its results to the last bit.
 *
 * <p>Source: the layouts of blocks in ggml (ggml-common.h) and their decoding (ggml-quants.c).
 */
interface BlockDecoder {
  /**
   * Writes the elements of the block that begins at {@code blocks[from]} to {@code values}, from
   * {@code to} on.
   */
  void decode(byte[] blocks, int from, float[] values, int to);

  /**
   * Returns the decoder of {@code type}.
   *
   * @throws IllegalArgumentException if it has no blocks
   */
  static BlockDecoder of(GgufType type) {
    return switch (type) {
      case F32, F16, BF16 -> throw new IllegalArgumentException(type + " has no blocks");
      case Q4_0 -> SmallBlocks::decodeQ40;
      case Q4_1 -> SmallBlocks::decodeQ41;
      case Q5_0 -> SmallBlocks::decodeQ50;
      case Q5_1 -> SmallBlocks::decodeQ51;
      case Q8_0 -> SmallBlocks::decodeQ80;
      case IQ4_NL -> UnevenLevels::decodeIq4Nl;
      case IQ4_XS -> UnevenLevels::decodeIq4Xs;
      case Q2_K -> ScaledSixteens::decodeQ2K;
      case Q3_K -> ScaledSixteens::decodeQ3K;
      case Q6_K -> ScaledSixteens::decodeQ6K;
      case Q4_K -> ScaledThirtyTwos::decodeQ4K;
      case Q5_K -> ScaledThirtyTwos::decodeQ5K;
      case Q8_K -> SmallBlocks::decodeQ8K;
    };
  }
}
