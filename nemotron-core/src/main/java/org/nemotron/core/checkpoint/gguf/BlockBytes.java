package org.nemotron.core.checkpoint.gguf;

/** The numbers that blocks consist of: little-endian halves, words and parts of bytes. */
final class BlockBytes {
  private BlockBytes() {}

  /** Returns the byte at {@code at}, from 0 to 255. */
  static int unsigned(byte[] bytes, int at) {
    return bytes[at] & 0xFF;
  }

  /** Returns the lower half of a byte, from 0 to 15. */
  static int low(byte[] bytes, int at) {
    return bytes[at] & 0xF;
  }

  /** Returns the upper half of a byte, from 0 to 15. */
  static int high(byte[] bytes, int at) {
    return bytes[at] >> 4 & 0xF;
  }

  /** Returns two bits of a byte, from bit {@code shift} on: 0 to 3. */
  static int twoBits(byte[] bytes, int at, int shift) {
    return bytes[at] >> shift & 3;
  }

  /** Returns one bit of a byte: 0 or 1. */
  static int bit(byte[] bytes, int at, int bit) {
    return bytes[at] >> bit & 1;
  }

  /** Returns the half-precision number at {@code at}. */
  static float half(byte[] bytes, int at) {
    return HalfFloats.toFloat((short) shortBits(bytes, at));
  }

  /** Returns the single-precision number at {@code at}. */
  static float single(byte[] bytes, int at) {
    return Float.intBitsToFloat(shortBits(bytes, at) | shortBits(bytes, at + 2) << 16);
  }

  /** Returns the two bytes at {@code at} as a number from 0 to 65,535. */
  static int shortBits(byte[] bytes, int at) {
    return unsigned(bytes, at) | unsigned(bytes, at + 1) << 8;
  }
}
