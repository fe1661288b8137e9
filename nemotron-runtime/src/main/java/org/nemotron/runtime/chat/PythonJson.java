package org.nemotron.runtime.chat;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.Filter;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The filter {@code tojson}, as Python's json module writes: a space behind comma and colon, or
 * lines of their own where {@code indent} is given, and nothing escaped for HTML.
 */
final class PythonJson implements Filter {
  @Override
  public String getName() {
    return "tojson";
  }

  @Override
  public Object filter(
      @Nullable Object value,
      JinjavaInterpreter interpreter,
      Object[] arguments,
      Map<String, Object> named) {
    StringBuilder out = new StringBuilder();
    int indent = named.get("indent") instanceof Number number ? number.intValue() : -1;
    write(value, indent, 0, out);
    return out.toString();
  }

  @Override
  public Object filter(
      @Nullable Object value, JinjavaInterpreter interpreter, String... arguments) {
    return filter(value, interpreter, arguments, Map.of());
  }

  private static void write(@Nullable Object value, int indent, int depth, StringBuilder out) {
    if (value instanceof Map<?, ?> map) {
      Separator separator = new Separator(indent, depth + 1, out.append('{'));
      map.forEach(
          (key, element) -> {
            separator.next();
            write(String.valueOf(key), indent, depth + 1, out);
            write(element, indent, depth + 1, out.append(": "));
          });
      separator.end();
      out.append('}');
    } else if (value instanceof Collection<?> list) {
      Separator separator = new Separator(indent, depth + 1, out.append('['));
      for (Object element : list) {
        separator.next();
        write(element, indent, depth + 1, out);
      }
      separator.end();
      out.append(']');
    } else if (value == null || value instanceof Number || value instanceof Boolean) {
      out.append(value);
    } else {
      out.append('"').append(JsonStringEncoder.getInstance().quoteAsString(value.toString()));
      out.append('"');
    }
  }

  /** Writes what stands between the elements of one list or object. */
  private static final class Separator {
    private final int indent;
    private final int depth;
    private final StringBuilder out;
    private boolean begun = false;

    private Separator(int indent, int depth, StringBuilder out) {
      this.indent = indent;
      this.depth = depth;
      this.out = out;
    }

    private void next() {
      if (begun) {
        out.append(indent < 0 ? ", " : ",");
      }
      begun = true;
      breakLine(depth);
    }

    private void end() {
      if (begun) {
        breakLine(depth - 1);
      }
    }

    private void breakLine(int level) {
      if (indent >= 0) {
        out.append('\n').append(" ".repeat(indent * level));
      }
    }
  }
}
