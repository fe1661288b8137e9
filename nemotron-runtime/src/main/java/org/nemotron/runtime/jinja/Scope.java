package org.nemotron.runtime.jinja;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Variables of one block of a template, within those of the block around it. */
final class Scope {
  private final @Nullable Scope outer;
  private final Map<String, Value> variables = new HashMap<>();
  private final Rendering rendering;

  private Scope(@Nullable Scope outer, Rendering rendering) {
    this.outer = outer;
    this.rendering = rendering;
  }

  /** Returns the scope of a whole template. */
  static Scope root(Rendering rendering) {
    return new Scope(null, rendering);
  }

  /** Returns a scope within this one. */
  Scope inner() {
    return new Scope(this, rendering);
  }

  /** Returns the scope of a block within this one. */
  Scope inner(Statement.Block block) {
    Scope inner = inner();
    for (String name : rendering.hiddenIn(block)) {
      inner.set(name, Undefined.variable(name));
    }
    return inner;
  }

  Rendering rendering() {
    return rendering;
  }

  /** Returns a variable of this scope or of one around it, or an undefined value. */
  Value get(String name) {
    for (@Nullable Scope scope = this; scope != null; scope = scope.outer) {
      Value value = scope.variables.get(name);
      if (value != null) {
        return value;
      }
    }
    return Undefined.variable(name);
  }

  void set(String name, Value value) {
    variables.put(name, value);
  }
}
