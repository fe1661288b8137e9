package org.nemotron.runtime.jinja;

import java.math.BigInteger;
import java.util.Locale;
import java.util.Optional;

/** Integers as Python reads them. */
final class IntegerText {
  private IntegerText() {}

  /** Returns {@code int(text, base)}, empty where Python raises a ValueError. */
  static Optional<BigInteger> parse(String text, int base) {
    if (base != 0 && (base < 2 || base > 36)) {
      return Optional.empty();
    }
    String number = TextMethods.strip(text, Optional.empty(), true, true).toLowerCase(Locale.ROOT);
    boolean negative = number.startsWith("-");
    String unsigned = negative || number.startsWith("+") ? number.substring(1) : number;
    int radix = base;
    for (int known : new int[] {2, 8, 16}) {
      String prefix = known == 2 ? "0b" : known == 8 ? "0o" : "0x";
      if (unsigned.startsWith(prefix) && (base == known || base == 0)) {
        radix = known;
        unsigned = unsigned.substring(2);
        unsigned = unsigned.startsWith("_") ? unsigned.substring(1) : unsigned;
        break;
      }
    }
    return digits(unsigned, radix == 0 ? 10 : radix, negative);
  }

  /** Returns {@code chr(number)}. */
  static String character(BigInteger number) {
    boolean fits = number.signum() >= 0 && number.bitLength() <= 21;
    if (!fits || !Character.isValidCodePoint(number.intValue())) {
      throw new JinjaException("a character's number must be in range(0x110000)");
    }
    return Character.toString(number.intValue());
  }

  private static Optional<BigInteger> digits(String text, int radix, boolean negative) {
    String digits = text.replaceAll("(?<=[0-9a-z])_(?=[0-9a-z])", "");
    if (digits.isEmpty() || !digits.chars().allMatch(c -> Character.digit(c, radix) >= 0)) {
      return Optional.empty();
    }
    BigInteger value = new BigInteger(digits, radix);
    return Optional.of(negative ? value.negate() : value);
  }
}
