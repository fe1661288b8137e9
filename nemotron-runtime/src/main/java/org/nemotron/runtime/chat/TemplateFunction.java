package org.nemotron.runtime.chat;

import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.lib.fn.MacroFunction;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A function of one text that templates may call. It is a macro, which needs no reflection. */
final class TemplateFunction extends MacroFunction {
  private static final String PARAMETER = "text";

  private final UnaryOperator<String> function;

  TemplateFunction(String name, Context context, UnaryOperator<String> function) {
    super(List.of(), name, new LinkedHashMap<>(Map.of(PARAMETER, "")), false, context, 0, 0);
    this.function = function;
  }

  @Override
  public Object doEvaluate(
      Map<String, Object> arguments, Map<String, Object> named, List<Object> more) {
    return function.apply(String.valueOf(arguments.get(PARAMETER)));
  }
}
