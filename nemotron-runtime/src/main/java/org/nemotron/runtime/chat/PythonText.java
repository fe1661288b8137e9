package org.nemotron.runtime.chat;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.Filter;
import org.jspecify.annotations.Nullable;

/** Writes the value of an expression as Python does: {@code True}, not {@code true}. */
final class PythonText implements Filter {
  static final String NAME = "python_text";

  @Override
  public String getName() {
    return NAME;
  }

  @Override
  public @Nullable Object filter(
      @Nullable Object value, JinjavaInterpreter interpreter, String... arguments) {
    return value instanceof Boolean flag ? (flag ? "True" : "False") : value;
  }
}
