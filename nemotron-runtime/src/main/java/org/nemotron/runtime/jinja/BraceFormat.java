package org.nemotron.runtime.jinja;

import java.util.function.Function;

/** Python's {@code format.format(arguments)} and {@code format.format_map(mapping)}. */
final class BraceFormat {
  /** A field may have fields in what stands behind its colon. */
  private static final int MAX_DEPTH = 2;

  private final Arguments arguments;
  private final Function<String, Value> byName;
  private int next = 0;
  private boolean automatically = false;
  private boolean manually = false;

  private BraceFormat(Arguments arguments, Function<String, Value> byName) {
    this.arguments = arguments;
    this.byName = byName;
  }

  /** Returns the text of a format with the arguments of a call. */
  static String format(String format, Arguments arguments) {
    return new BraceFormat(
            arguments,
            name -> {
              Value value = arguments.named().get(name);
              if (value == null) {
                throw new JinjaException(StringRepr.of(name));
              }
              return value;
            })
        .text(format, MAX_DEPTH);
  }

  /** Returns the text of a format with the entries of a dict. */
  static String formatMap(String format, Value mapping) {
    return new BraceFormat(
            Arguments.NONE,
            name ->
                mapping
                    .item(new Text(name))
                    .orElseThrow(() -> new JinjaException(StringRepr.of(name))))
        .text(format, MAX_DEPTH);
  }

  private String text(String format, int depth) {
    Output out = new Output();
    int at = 0;
    while (at < format.length()) {
      char c = format.charAt(at++);
      boolean doubled = at < format.length() && format.charAt(at) == c;
      if ((c == '{' || c == '}') && doubled) {
        out.append(Character.toString(c));
        at++;
      } else if (c == '{') {
        int end = endOfField(format, at);
        out.append(field(format.substring(at, end), depth));
        at = end + 1;
      } else if (c == '}') {
        throw new JinjaException("Single '}' encountered in format string");
      } else {
        out.append(Character.toString(c));
      }
    }
    return out.toString();
  }

  private static int endOfField(String format, int begin) {
    int depth = 0;
    for (int at = begin; at < format.length(); at++) {
      char c = format.charAt(at);
      if (c == '}' && depth == 0) {
        return at;
      }
      depth += c == '{' ? 1 : c == '}' ? -1 : 0;
    }
    throw new JinjaException("expected '}' before end of string");
  }

  private String field(String field, int depth) {
    if (depth == 0) {
      throw new JinjaException("Max string recursion exceeded");
    }
    int colon = field.indexOf(':');
    String path = colon < 0 ? field : field.substring(0, colon);
    int exclamation = path.indexOf('!');
    Value value = value(exclamation < 0 ? path : path.substring(0, exclamation));
    if (exclamation >= 0) {
      value = converted(value, path.substring(exclamation + 1));
    }
    return FormatSpec.format(value, colon < 0 ? "" : nested(field.substring(colon + 1), depth));
  }

  private String nested(String spec, int depth) {
    return spec.indexOf('{') < 0 ? spec : text(spec, depth - 1);
  }

  private static Value converted(Value value, String conversion) {
    return switch (conversion) {
      case "s" -> new Text(value.str());
      case "r" -> new Text(value.repr());
      default -> throw JinjaException.unknown("the conversion !" + conversion);
    };
  }

  private Value value(String path) {
    int end = 0;
    while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
      end++;
    }
    Value value = argument(path.substring(0, end));
    while (end < path.length()) {
      boolean isAttribute = path.charAt(end) == '.';
      int begin = end + 1;
      end = begin;
      while (end < path.length()
          && (isAttribute ? ".[".indexOf(path.charAt(end)) < 0 : path.charAt(end) != ']')) {
        end++;
      }
      String part = path.substring(begin, end);
      value = isAttribute ? Value.attributeOf(value, part) : Value.itemOf(value, key(part));
      end += isAttribute ? 0 : 1;
    }
    return value;
  }

  private static Value key(String part) {
    return isNumber(part) ? new Numeric.Int(Long.parseLong(part)) : new Text(part);
  }

  private static boolean isNumber(String text) {
    return !text.isEmpty()
        && text.length() < 10
        && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private Value argument(String name) {
    if (!name.isEmpty() && !isNumber(name)) {
      return byName.apply(name);
    }
    checkNumbering(name.isEmpty());
    int place = name.isEmpty() ? next++ : Integer.parseInt(name);
    if (place >= arguments.positional().size()) {
      throw new JinjaException(
          "Replacement index " + place + " out of range for positional args tuple");
    }
    return arguments.positional().get(place);
  }

  private void checkNumbering(boolean automatic) {
    automatically |= automatic;
    manually |= !automatic;
    if (automatically && manually) {
      throw new JinjaException(
          automatic
              ? "cannot switch from manual field specification to automatic field numbering"
              : "cannot switch from automatic field numbering to manual field specification");
    }
  }
}
