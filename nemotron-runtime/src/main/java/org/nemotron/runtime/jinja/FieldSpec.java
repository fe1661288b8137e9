package org.nemotron.runtime.jinja;

import java.math.BigInteger;
import java.util.Locale;

/**
 * How a formatted value stands in its field.
 *
 * @param fill what the field is filled with, one character
 * @param align '&lt;', '&gt;', '^' or '=' (filled behind the sign), or '\0' for the usual side
 * @param width the least width
 */
record FieldSpec(String fill, char align, int width) {
  private static final int MAX_WIDTH_BITS = 24;

  /** What a format says between "%" and the letter, or behind the colon of a field in braces. */
  static final class Builder {
    int width = 0;
    int precision = -1;
    boolean plus = false;
    boolean space = false;
    boolean left = false;
    boolean zeros = false;
    boolean prefixed = false;

    void flag(char flag) {
      switch (flag) {
        case '+' -> plus = true;
        case ' ' -> space = true;
        case '-' -> left = true;
        case '0' -> zeros = true;
        default -> prefixed = true;
      }
    }

    int precisionOr(int otherwise) {
      return precision < 0 ? otherwise : precision;
    }

    /** Returns at most as many characters as the precision says. */
    String cut(String text) {
      zeros = false;
      return precision < 0 || text.codePointCount(0, text.length()) <= precision
          ? text
          : text.substring(0, text.offsetByCodePoints(0, precision));
    }

    /**
     * Returns at least as many digits as the precision says, behind the prefix if it is asked for.
     */
    String digits(String number, String prefix) {
      boolean negative = number.startsWith("-");
      String digits = negative ? number.substring(1) : number;
      String filled = TextFields.repeat("0", Math.max(0, precision - digits.length())) + digits;
      String whole = (prefixed ? prefix : "") + filled;
      return negative ? "-" + whole : whole;
    }

    /** Returns a float in the form of a conversion: f, e or g, or one of these in upper case. */
    String real(char conversion, double number) {
      if (prefixed) {
        throw JinjaException.unknown("the flag # of the conversion " + conversion);
      }
      String text =
          switch (conversion) {
            case 'f', 'F' -> FloatText.fixed(number, precisionOr(6));
            case 'e', 'E' -> FloatText.exponential(number, precisionOr(6));
            default -> FloatText.general(number, precisionOr(6));
          };
      return signed(Character.isUpperCase(conversion) ? text.toUpperCase(Locale.ROOT) : text);
    }

    String signed(String number) {
      return number.startsWith("-") ? number : plus ? "+" + number : space ? " " + number : number;
    }

    FieldSpec build() {
      int size = Math.abs(width);
      boolean toLeft = left || width < 0;
      return new FieldSpec(zeros && !toLeft ? "0" : " ", toLeft ? '<' : zeros ? '=' : '>', size);
    }
  }

  /** Returns a width that an argument gives; a negative one is to the left. */
  static int width(BigInteger width) {
    if (width.bitLength() > MAX_WIDTH_BITS) {
      throw new JinjaException("a field of " + width + " characters is refused");
    }
    return width.intValue();
  }

  /** Returns the number of digits that a format gives. */
  static int number(String digits) {
    if (digits.length() > 8) {
      throw new JinjaException("a field of " + digits + " characters is refused");
    }
    return Integer.parseInt(digits);
  }

  /**
   * Returns the value in its field.
   *
   * @param toRight whether the usual side is the right one
   */
  String fill(String value, boolean toRight) {
    long missing = (long) width - value.codePointCount(0, value.length());
    if (missing <= 0) {
      return value;
    }
    return switch (align == '\0' ? (toRight ? '>' : '<') : align) {
      case '<' -> value + TextFields.repeat(fill, missing);
      case '^' ->
          TextFields.repeat(fill, missing / 2)
              + value
              + TextFields.repeat(fill, missing - missing / 2);
      case '=' -> {
        int sign = !value.isEmpty() && "+- ".indexOf(value.charAt(0)) >= 0 ? 1 : 0;
        yield value.substring(0, sign) + TextFields.repeat(fill, missing) + value.substring(sign);
      }
      default -> TextFields.repeat(fill, missing) + value;
    };
  }
}
