package org.nemotron.runtime.jinja;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Floats as Python writes them. */
final class FloatText {
  /** So many digits tell every float from its neighbors. */
  private static final int ENOUGH_DIGITS = 17;

  private FloatText() {}

  /** Returns {@code repr(number)}: the shortest digits that read back as the same float. */
  static String repr(double number) {
    if (Double.isNaN(number)) {
      return "nan";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "inf" : "-inf";
    }
    if (number == 0) {
      return 1 / number > 0 ? "0.0" : "-0.0";
    }
    BigDecimal shortest = shortest(Math.abs(number));
    String digits = shortest.unscaledValue().toString();
    int exponent = digits.length() - 1 - shortest.scale();
    String sign = number < 0 ? "-" : "";
    return sign
        + (exponent < -4 || exponent >= 16
            ? scientific(digits, exponent)
            : positional(shortest.toPlainString()));
  }

  private static BigDecimal shortest(double number) {
    BigDecimal exact = new BigDecimal(number);
    for (int digits = 1; digits < ENOUGH_DIGITS; digits++) {
      BigDecimal rounded = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
      if (rounded.doubleValue() == number) {
        return rounded.stripTrailingZeros();
      }
    }
    return exact.round(new MathContext(ENOUGH_DIGITS, RoundingMode.HALF_EVEN)).stripTrailingZeros();
  }

  private static String positional(String plain) {
    return plain.contains(".") ? plain : plain + ".0";
  }

  private static String scientific(String digits, int exponent) {
    String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
    return mantissa + exponentText(exponent);
  }

  private static String exponentText(int exponent) {
    int size = Math.abs(exponent);
    return (exponent < 0 ? "e-" : "e+") + (size < 10 ? "0" : "") + size;
  }

  /** Returns the number with {@code places} digits behind the point: {@code '%.2f' % number}. */
  static String fixed(double number, int places) {
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      return repr(number);
    }
    String text =
        new BigDecimal(number).setScale(places, RoundingMode.HALF_EVEN).abs().toPlainString();
    return isNegative(number) ? "-" + text : text;
  }

  /** Returns the number in scientific form: {@code '%.2e' % number}. */
  static String exponential(double number, int places) {
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      return repr(number);
    }
    String sign = isNegative(number) ? "-" : "";
    if (number == 0) {
      return sign + (places == 0 ? "0" : "0." + "0".repeat(places)) + "e+00";
    }
    BigDecimal rounded =
        new BigDecimal(number).abs().round(new MathContext(places + 1, RoundingMode.HALF_EVEN));
    String digits = rounded.unscaledValue().toString();
    int exponent = digits.length() - 1 - rounded.scale();
    String padded = (digits + "0".repeat(places + 1)).substring(0, places + 1);
    return sign + scientific(padded, exponent);
  }

  /** Returns the number with {@code digits} significant ones: {@code '%g' % number}. */
  static String general(double number, int digits) {
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      return repr(number);
    }
    int significant = Math.max(1, digits);
    if (number == 0) {
      return isNegative(number) ? "-0" : "0";
    }
    BigDecimal rounded =
        new BigDecimal(number).round(new MathContext(significant, RoundingMode.HALF_EVEN));
    int exponent = rounded.precision() - 1 - rounded.scale();
    BigDecimal stripped = rounded.stripTrailingZeros().abs();
    String sign = number < 0 ? "-" : "";
    return sign
        + (exponent < -4 || exponent >= significant
            ? scientific(stripped.unscaledValue().toString(), exponent)
            : stripped.toPlainString());
  }

  /** Returns the number rounded as {@code round(number, places)} does: half to even. */
  static double rounded(double number, int places) {
    if (Double.isNaN(number) || Double.isInfinite(number) || Math.abs(places) > 400) {
      return places < 0 && Math.abs(places) > 400 ? 0.0 * number : number;
    }
    double result = new BigDecimal(number).setScale(places, RoundingMode.HALF_EVEN).doubleValue();
    return result == 0 && isNegative(number) ? -0.0 : result;
  }

  private static boolean isNegative(double number) {
    return number < 0 || (number == 0 && 1 / number < 0);
  }
}
