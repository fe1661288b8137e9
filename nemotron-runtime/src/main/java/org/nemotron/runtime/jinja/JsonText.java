package org.nemotron.runtime.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nemotron.runtime.jinja.Signature.Bound;

/** The filter {@code tojson} as transformers defines it: {@code json.dumps} of Python. */
final class JsonText {
  static final Signature SIGNATURE =
      Signature.of("ensure_ascii?", "indent?", "separators?", "sort_keys?");

  private final boolean ascii;
  private final boolean sorted;
  private final @Nullable String indentation;
  private final String itemSeparator;
  private final String keySeparator;
  private final StringBuilder out = new StringBuilder();

  private JsonText(Bound bound) {
    this.ascii = bound.flag(0, false);
    this.sorted = bound.flag(3, false);
    this.indentation = indentation(bound.orNone(1));
    Value separators = bound.orNone(2);
    if (separators == None.NONE) {
      this.itemSeparator = indentation == null ? ", " : ",";
      this.keySeparator = ": ";
    } else {
      SequenceValue.ListValue pair = SequenceValue.ListValue.of(separators);
      if (pair.length() != 2) {
        throw new JinjaException("tojson needs two separators");
      }
      this.itemSeparator = pair.elements().get(0).str();
      this.keySeparator = pair.elements().get(1).str();
    }
  }

  private static @Nullable String indentation(Value indent) {
    if (indent == None.NONE) {
      return null;
    }
    if (indent instanceof Text text) {
      return text.value();
    }
    if (indent instanceof Numeric number && number.isIntegral()) {
      return TextFields.repeat(" ", Math.max(0, number.integer()));
    }
    throw new JinjaException("tojson needs an indent that is an int or a str");
  }

  static Value filter(Value value, Bound bound) {
    JsonText json = new JsonText(bound);
    json.write(value, 0);
    return new Text(json.out.toString());
  }

  private void write(Value value, int depth) {
    if (out.length() > Value.MAX_WEIGHT) {
      throw new JinjaException(
          "a text of more than " + Value.MAX_WEIGHT + " characters is refused");
    }
    if (value instanceof DictValue dict) {
      writeDict(dict, depth);
    } else if (value instanceof SequenceValue sequence) {
      writeList(sequence, depth);
    } else if (value instanceof Text text) {
      writeText(text.value());
    } else if (value instanceof Numeric number) {
      out.append(number(number));
    } else if (value == None.NONE) {
      out.append("null");
    } else {
      throw new JinjaException("Object of type " + value.typeName() + " is not JSON serializable");
    }
  }

  private static String number(Numeric number) {
    if (number instanceof Numeric.Bool flag) {
      return flag.value() ? "true" : "false";
    }
    if (Double.isNaN(number.real())) {
      return "NaN";
    }
    return Double.isInfinite(number.real())
        ? (number.real() > 0 ? "Infinity" : "-Infinity")
        : number.repr();
  }

  private void writeList(SequenceValue list, int depth) {
    out.append('[');
    for (int place = 0; place < list.length(); place++) {
      begin(place, depth + 1);
      write(list.elements().get(place), depth + 1);
    }
    end(list.length(), depth);
    out.append(']');
  }

  private void writeDict(DictValue dict, int depth) {
    List<DictValue.Entry> entries = new ArrayList<>();
    dict.entries().forEach(entries::add);
    if (sorted) {
      entries.sort(
          Comparator.comparing(
              DictValue.Entry::key, (left, right) -> Comparison.order(left, right)));
    }
    out.append('{');
    for (int place = 0; place < entries.size(); place++) {
      begin(place, depth + 1);
      writeText(key(entries.get(place).key()));
      out.append(keySeparator);
      write(entries.get(place).value(), depth + 1);
    }
    end(entries.size(), depth);
    out.append('}');
  }

  private static String key(Value key) {
    if (key instanceof Text text) {
      return text.value();
    }
    if (key instanceof Numeric number) {
      return number(number);
    }
    if (key == None.NONE) {
      return "null";
    }
    throw new JinjaException("keys must be str, int, float, bool or None, not " + key.typeName());
  }

  private void begin(int place, int depth) {
    out.append(place == 0 ? "" : itemSeparator);
    breakLine(depth);
  }

  private void end(int count, int depth) {
    if (count > 0) {
      breakLine(depth);
    }
  }

  private void breakLine(int depth) {
    if (indentation != null) {
      out.append('\n').append(TextFields.repeat(indentation, depth));
    }
  }

  private void writeText(String text) {
    out.append('"');
    for (int at = 0; at < text.length(); at++) {
      char c = text.charAt(at);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> {
          if (c < 0x20 || (ascii && c > 0x7e)) {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
