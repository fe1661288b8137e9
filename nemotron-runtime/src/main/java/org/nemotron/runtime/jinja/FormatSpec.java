package org.nemotron.runtime.jinja;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Python's {@code format(value, spec)}: {@code
 * [[fill]align][sign][#][0][width][grouping][.precision][type]}.
 */
final class FormatSpec {
  private static final Pattern SPEC =
      Pattern.compile(
          "(?s)(?:(.)?([<>^=]))?([-+ ])?(#)?(0)?(\\d+)?([,_])?(?:\\.(\\d+))?([a-zA-Z%]?)");

  private static final int GROUP = 3;

  private FormatSpec() {}

  static String format(Value value, String spec) {
    if (spec.isEmpty()) {
      return value.str();
    }
    Matcher matcher = SPEC.matcher(spec);
    if (!matcher.matches()) {
      throw new JinjaException("Invalid format specifier " + StringRepr.of(spec));
    }
    if (matcher.group(4) != null) {
      throw JinjaException.unknown("the flag # of a format");
    }
    FieldSpec.Builder builder = new FieldSpec.Builder();
    builder.plus = "+".equals(matcher.group(3));
    builder.space = " ".equals(matcher.group(3));
    builder.precision = number(matcher.group(8), -1);
    boolean zeros = matcher.group(5) != null && matcher.group(2) == null;
    String fill = zeros ? "0" : matcher.group(1) == null ? " " : matcher.group(1);
    char align = zeros ? '=' : matcher.group(2) == null ? '\0' : matcher.group(2).charAt(0);
    boolean isNumber = value instanceof Numeric;
    String text =
        value instanceof Numeric number
            ? grouped(number(number, matcher.group(9), builder), matcher.group(7))
            : text(value, matcher.group(9), builder);
    return new FieldSpec(fill, align, number(matcher.group(6), 0)).fill(text, isNumber);
  }

  private static int number(@Nullable String digits, int otherwise) {
    return digits == null ? otherwise : FieldSpec.number(digits);
  }

  private static String text(Value value, String type, FieldSpec.Builder spec) {
    if (!(value instanceof Text text)) {
      throw new JinjaException(
          "unsupported format string passed to " + value.typeName() + ".__format__");
    }
    if (!type.isEmpty() && !type.equals("s")) {
      throw new JinjaException("Unknown format code '" + type + "' for object of type 'str'");
    }
    return spec.cut(text.value());
  }

  private static String number(Numeric value, String type, FieldSpec.Builder spec) {
    return switch (type) {
      case "" -> plain(value, spec);
      case "d", "n" -> spec.signed(integral(value).whole().toString());
      case "x" -> spec.signed(integral(value).whole().toString(16));
      case "X" -> spec.signed(integral(value).whole().toString(16).toUpperCase(Locale.ROOT));
      case "o" -> spec.signed(integral(value).whole().toString(8));
      case "c" -> IntegerText.character(integral(value).whole());
      case "b" -> spec.signed(integral(value).whole().toString(2));
      case "f", "F", "e", "E", "g", "G" -> spec.real(type.charAt(0), value.real());
      case "%" -> spec.real('f', value.real() * 100) + "%";
      default ->
          throw new JinjaException(
              "Unknown format code '" + type + "' for object of type '" + value.typeName() + "'");
    };
  }

  private static String plain(Numeric value, FieldSpec.Builder spec) {
    if (value.isIntegral()) {
      return spec.signed(value.whole().toString());
    }
    return spec.precision < 0 ? spec.signed(value.repr()) : spec.real('g', value.real());
  }

  private static Numeric integral(Numeric value) {
    if (!value.isIntegral()) {
      throw new JinjaException("Unknown format code 'd' for object of type 'float'");
    }
    return value;
  }

  private static String grouped(String number, @Nullable String separator) {
    if (separator == null) {
      return number;
    }
    int begin = !number.isEmpty() && Character.isDigit(number.charAt(0)) ? 0 : 1;
    int end = begin;
    while (end < number.length() && Character.isDigit(number.charAt(end))) {
      end++;
    }
    StringBuilder out = new StringBuilder(number);
    for (int at = end - GROUP; at > begin; at -= GROUP) {
      out.insert(at, separator);
    }
    return out.toString();
  }
}
