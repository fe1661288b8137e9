package org.nemotron.nas.search;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers for people to read: thousands apart, no exponent unless there is no other way. */
final class ReadableNumber {
  /** Beyond this a double holds no fraction, and an exponent reads better than its digits. */
  private static final double LARGEST = 1e15;

  private static final double SMALLEST = 1e-6;

  private ReadableNumber() {}

  /** Returns a number in full: {@code "24,000,000"}, {@code "0.25"}. */
  static String of(double value) {
    double size = Math.abs(value);
    if (size >= LARGEST || (size < SMALLEST && size > 0) || Double.isNaN(value)) {
      return Double.toString(value);
    }
    BigDecimal plain = BigDecimal.valueOf(value).stripTrailingZeros();
    int fraction = Math.max(0, plain.scale());
    return String.format(Locale.ROOT, "%,." + fraction + "f", plain);
  }

  /** Returns a number to six digits, or as many as its whole part has. */
  static String rounded(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return Double.toString(value);
    }
    BigDecimal exact = BigDecimal.valueOf(value);
    int whole = exact.precision() - exact.scale();
    return of(exact.round(new MathContext(Math.max(6, whole))).doubleValue());
  }
}
