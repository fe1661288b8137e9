package org.nemotron.runtime.jinja;

import java.math.BigInteger;
import java.util.Iterator;
import java.util.Locale;

/** Python's {@code format % values}. */
final class PercentFormat {
  private final String format;
  private final Value values;
  private final Iterator<Value> arguments;
  private final StringBuilder out = new StringBuilder();
  private boolean byName = false;
  private int at = 0;

  private PercentFormat(String format, Value values) {
    this.format = format;
    this.values = values;
    this.arguments =
        values instanceof SequenceValue.TupleValue tuple
            ? tuple.iterate()
            : Arguments.of(values).positional().iterator();
  }

  /** Returns the text. */
  static String format(String format, Value values) {
    PercentFormat formatting = new PercentFormat(format, values);
    formatting.write();
    return formatting.out.toString();
  }

  private void write() {
    while (at < format.length()) {
      char next = format.charAt(at++);
      if (next != '%') {
        out.append(next);
      } else {
        writeField();
      }
    }
    boolean mayBeUnused = byName || values instanceof DictValue || values.hasItems();
    boolean isTupleOrText = values instanceof SequenceValue.TupleValue || values instanceof Text;
    if (arguments.hasNext() && (isTupleOrText ? !byName : !mayBeUnused)) {
      throw new JinjaException("not all arguments converted during string formatting");
    }
  }

  private void writeField() {
    int begin = at;
    FieldSpec.Builder spec = new FieldSpec.Builder();
    Value named = Undefined.variable("%");
    boolean hasName = at < format.length() && format.charAt(at) == '(';
    if (hasName) {
      named = readName();
      byName = true;
    }
    while (at < format.length() && "#0- +".indexOf(format.charAt(at)) >= 0) {
      spec.flag(format.charAt(at++));
    }
    spec.width = readNumber(0);
    if (at < format.length() && format.charAt(at) == '.') {
      at++;
      spec.precision = Math.max(0, readNumber(0));
    }
    while (at < format.length() && "hlL".indexOf(format.charAt(at)) >= 0) {
      at++;
    }
    if (at >= format.length()) {
      throw new JinjaException("incomplete format");
    }
    char conversion = format.charAt(at++);
    if (conversion == '%') {
      if (at - begin > 1) {
        throw JinjaException.unknown("a percent sign with a width");
      }
      out.append('%');
      return;
    }
    out.append(spec.build().fill(converted(conversion, hasName ? named : next(), spec), true));
    if (out.length() > Value.MAX_WEIGHT) {
      throw new JinjaException(
          "a text of more than " + Value.MAX_WEIGHT + " characters is refused");
    }
  }

  private Value readName() {
    int end = format.indexOf(')', at);
    if (end < 0) {
      throw new JinjaException("incomplete format key");
    }
    if (!(values instanceof DictValue dict)) {
      throw new JinjaException("format requires a mapping");
    }
    String name = format.substring(at + 1, end);
    at = end + 1;
    return dict.get(name).orElseThrow(() -> new JinjaException(StringRepr.of(name)));
  }

  private int readNumber(int otherwise) {
    if (at < format.length() && format.charAt(at) == '*') {
      at++;
      return FieldSpec.width(whole(next()));
    }
    int begin = at;
    while (at < format.length() && Character.isDigit(format.charAt(at))) {
      at++;
    }
    return begin == at ? otherwise : FieldSpec.number(format.substring(begin, at));
  }

  private Value next() {
    if (!arguments.hasNext()) {
      throw new JinjaException("not enough arguments for format string");
    }
    return arguments.next();
  }

  private static String converted(char conversion, Value value, FieldSpec.Builder spec) {
    return switch (conversion) {
      case 's' -> spec.cut(value.str());
      case 'r' -> spec.cut(value.repr());
      case 'a' -> spec.cut(StringRepr.ascii(value.repr()));
      case 'd', 'i', 'u' -> spec.signed(spec.digits(whole(value).toString(), ""));
      case 'x' -> spec.signed(spec.digits(integral(value).toString(16), "0x"));
      case 'X' ->
          spec.signed(spec.digits(integral(value).toString(16).toUpperCase(Locale.ROOT), "0X"));
      case 'o' -> spec.signed(spec.digits(integral(value).toString(8), "0o"));
      case 'f', 'F', 'e', 'E', 'g', 'G' -> spec.real(conversion, real(value));
      case 'c' -> character(value);
      default -> throw new JinjaException("unsupported format character '" + conversion + "'");
    };
  }

  private static String character(Value value) {
    if (value instanceof Text text && text.length() == 1) {
      return text.value();
    }
    return IntegerText.character(integral(value));
  }

  private static BigInteger whole(Value value) {
    return numeric(value, "a format of a number needs one, not ").whole();
  }

  private static BigInteger integral(Value value) {
    String error = "a format of an integer needs one, not ";
    Numeric number = numeric(value, error);
    if (!number.isIntegral()) {
      throw new JinjaException(error + "float");
    }
    return number.whole();
  }

  private static double real(Value value) {
    return numeric(value, "must be real number, not ").real();
  }

  private static Numeric numeric(Value value, String error) {
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (value instanceof Numeric number) {
      return number;
    }
    throw new JinjaException(error + value.typeName());
  }
}
