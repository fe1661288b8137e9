package org.nemotron.core.text;

import java.util.Arrays;

/**
 * The characters that stand for bytes in byte-level vocabularies: a printable one for itself, each
 * other for the next character from U+0100 on. Source: the encoder of GPT-2.
 */
final class ByteLevel {
  private static final int FIRST_OTHER = 0x100;
  private static final int[] VALUES = new int[FIRST_OTHER + 256];

  static {
    Arrays.fill(VALUES, -1);
    int other = FIRST_OTHER;
    for (int value = 0; value < 256; value++) {
      VALUES[isPrintable(value) ? value : other++] = value;
    }
  }

  private ByteLevel() {}

  private static boolean isPrintable(int value) {
    return (value >= '!' && value <= '~')
        || (value >= 0xA1 && value <= 0xAC)
        || (value >= 0xAE && value <= 0xFF);
  }

  /** Returns the byte that {@code character} stands for; -1 where it stands for none. */
  static int value(char character) {
    return character < VALUES.length ? VALUES[character] : -1;
  }
}
