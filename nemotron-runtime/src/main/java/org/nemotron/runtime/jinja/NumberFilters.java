package org.nemotron.runtime.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.nemotron.runtime.jinja.Filters.Registry;
import org.nemotron.runtime.jinja.Signature.Bound;

/** The filters that make a number, or write one. */
final class NumberFilters {
  private static final Pattern FLOAT =
      Pattern.compile(
          "[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?|[+-]?(inf|infinity|nan)",
          Pattern.CASE_INSENSITIVE);

  private NumberFilters() {}

  static void addTo(Registry registry) {
    registry.add("abs", Signature.of(), (value, bound) -> absolute(value));
    registry.add("int", Signature.of("default?", "base?"), NumberFilters::whole);
    registry.add("float", Signature.of("default?"), NumberFilters::real);
    registry.add("round", Signature.of("precision?", "method?"), NumberFilters::round);
    registry.add("filesizeformat", Signature.of("binary?"), NumberFilters::fileSize);
  }

  private static Value absolute(Value value) {
    if (value instanceof Numeric number) {
      return number.isIntegral()
          ? new Numeric.Int(number.whole().abs())
          : new Numeric.Real(Math.abs(number.real()));
    }
    Arithmetic.checkDefined(value);
    throw new JinjaException("bad operand type for abs(): '" + value.typeName() + "'");
  }

  private static Value whole(Value value, Bound bound) {
    Arithmetic.checkDefined(value);
    if (value instanceof Numeric number) {
      return number.isNaN()
          ? bound.maybe(0).orElse(new Numeric.Int(0))
          : new Numeric.Int(number.whole());
    }
    if (value instanceof Text text) {
      Optional<BigInteger> parsed = IntegerText.parse(text.value(), (int) bound.integer(1, 10));
      if (parsed.isPresent()) {
        return new Numeric.Int(parsed.get());
      }
      Optional<Double> cut =
          parse(text.value()).filter(number -> !number.isNaN() && !number.isInfinite());
      if (cut.isPresent()) {
        return new Numeric.Int(new Numeric.Real(cut.get()).whole());
      }
    }
    return bound.maybe(0).orElse(new Numeric.Int(0));
  }

  private static Value real(Value value, Bound bound) {
    Arithmetic.checkDefined(value);
    if (value instanceof Numeric number) {
      return new Numeric.Real(number.real());
    }
    Optional<Double> parsed = value instanceof Text text ? parse(text.value()) : Optional.empty();
    return parsed
        .<Value>map(Numeric.Real::new)
        .orElseGet(() -> bound.maybe(0).orElse(new Numeric.Real(0)));
  }

  /** Returns {@code float(text)}. */
  private static Optional<Double> parse(String text) {
    String number =
        TextMethods.strip(text, Optional.empty(), true, true).replaceAll("(?<=\\d)_(?=\\d)", "");
    if (!FLOAT.matcher(number).matches()) {
      return Optional.empty();
    }
    String lower = number.toLowerCase(Locale.ROOT);
    boolean negative = lower.startsWith("-");
    if (lower.endsWith("nan")) {
      return Optional.of(Double.NaN);
    }
    if (lower.contains("inf")) {
      return Optional.of(negative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
    }
    return Optional.of(Double.parseDouble(number));
  }

  private static Value round(Value value, Bound bound) {
    Arithmetic.checkDefined(value);
    if (!(value instanceof Numeric number)) {
      throw new JinjaException("type " + value.typeName() + " doesn't define __round__ method");
    }
    int places = (int) Math.max(-1000, Math.min(1000, bound.integer(0, 0)));
    String method = bound.maybeText(1).orElse("common");
    return switch (method) {
      case "common" ->
          number.isIntegral()
              ? new Numeric.Int(roundedWhole(number.whole(), places))
              : new Numeric.Real(FloatText.rounded(number.real(), places));
      case "ceil" -> scaled(number, places, true);
      case "floor" -> scaled(number, places, false);
      default -> throw new JinjaException("method must be common, ceil or floor");
    };
  }

  private static BigInteger roundedWhole(BigInteger number, int places) {
    return places >= 0
        ? number
        : new BigDecimal(number).setScale(places, RoundingMode.HALF_EVEN).toBigIntegerExact();
  }

  private static Value scaled(Numeric number, int places, boolean up) {
    double scale = Math.pow(10, places);
    double moved = number.real() * scale;
    if (Double.isNaN(moved) || Double.isInfinite(moved)) {
      throw new JinjaException("cannot convert float " + FloatText.repr(moved) + " to integer");
    }
    return new Numeric.Real((up ? Math.ceil(moved) : Math.floor(moved)) / scale + 0.0);
  }

  private static Value fileSize(Value value, Bound bound) {
    boolean binary = bound.flag(0, false);
    Value parsed = value instanceof Numeric ? value : None.NONE;
    if (value instanceof Text text) {
      parsed =
          parse(text.value())
              .<Value>map(Numeric.Real::new)
              .orElseThrow(
                  () -> new JinjaException("could not convert string to float: " + text.repr()));
    }
    if (!(parsed instanceof Numeric number)) {
      Arithmetic.checkDefined(value);
      throw new JinjaException(
          "float() argument must be a string or a real number, not '" + value.typeName() + "'");
    }
    double bytes = number.real();
    int base = binary ? 1024 : 1000;
    if (bytes == 1) {
      return new Text("1 Byte");
    }
    if (bytes < base) {
      return new Text((long) bytes + " Bytes");
    }
    String[] prefixes = {"k", "M", "G", "T", "P", "E", "Z", "Y"};
    int step = 0;
    double unit = (double) base * base;
    while (bytes >= unit && step < prefixes.length - 1) {
      unit *= base;
      step++;
    }
    String prefix = binary ? prefixes[step].toUpperCase(Locale.ROOT) + "i" : prefixes[step];
    return new Text(FloatText.fixed(base * bytes / unit, 1) + " " + prefix + "B");
  }
}
