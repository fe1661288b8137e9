package org.nemotron.runtime.jinja;

import java.util.function.Function;
import org.nemotron.runtime.jinja.Signature.Bound;

/** A function of the language, or a method with the value that it belongs to. */
final class Method implements Callable {
  /** The body of a function. */
  interface Body {
    Value apply(Arguments arguments, Rendering rendering);
  }

  private final String typeName;
  private final Body body;

  private Method(String typeName, Body body) {
    this.typeName = typeName;
    this.body = body;
  }

  /** Returns the method {@code name} of {@code self}. */
  static Method of(Value self, String name, Signature signature, Function<Bound, Value> body) {
    String function = self.typeName() + "." + name;
    return new Method(
        "builtin_function_or_method",
        (arguments, rendering) -> {
          rendering.budget().spend((long) self.weight() + arguments.weight());
          return body.apply(signature.bind(function, arguments));
        });
  }

  /** Returns the method {@code name} of {@code self} that takes any arguments. */
  static Method of(Value self, Body body) {
    return new Method(
        "builtin_function_or_method",
        (arguments, rendering) -> {
          rendering.budget().spend((long) self.weight() + arguments.weight());
          return body.apply(arguments, rendering);
        });
  }

  /** Returns a global function. */
  static Method function(String typeName, Body body) {
    return new Method(typeName, body);
  }

  @Override
  public String typeName() {
    return typeName;
  }

  @Override
  public Value call(Arguments arguments, Rendering rendering) {
    return body.apply(arguments, rendering);
  }
}
