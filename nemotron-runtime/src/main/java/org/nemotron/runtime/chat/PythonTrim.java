package org.nemotron.runtime.chat;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.Filter;
import org.jspecify.annotations.Nullable;

/** The filter {@code trim}: Jinjava's own keeps some white space, and takes no characters. */
final class PythonTrim implements Filter {
  @Override
  public String getName() {
    return "trim";
  }

  @Override
  public Object filter(
      @Nullable Object value, JinjavaInterpreter interpreter, String... arguments) {
    String text = value == null ? "" : value.toString();
    return PythonStrings.strip(text, arguments.length == 0 ? null : arguments[0], true, true);
  }
}
