package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableSet;
import java.util.Optional;

/** The methods of dicts. */
final class DictMethods {
  private static final Signature NOTHING = Signature.of().positionalOnly();
  private static final Signature GET = Signature.of("key", "default?").positionalOnly();
  private static final ImmutableSet<String> UNKNOWN = ImmutableSet.of("fromkeys");

  private DictMethods() {}

  /** Returns the method {@code name} of a dict, if dicts have it. */
  static Optional<Value> find(DictValue dict, String name) {
    if (UNKNOWN.contains(name)) {
      throw JinjaException.unknown("the method " + name + " of a dict");
    }
    return switch (name) {
      case "get" ->
          Optional.of(
              Method.of(
                  dict,
                  name,
                  GET,
                  bound -> dict.item(hashable(bound.get(0))).orElseGet(() -> bound.orNone(1))));
      case "items" -> Optional.of(view(dict, name, DictView.Kind.ITEMS));
      case "keys" -> Optional.of(view(dict, name, DictView.Kind.KEYS));
      case "values" -> Optional.of(view(dict, name, DictView.Kind.VALUES));
      case "copy" -> Optional.of(Method.of(dict, name, NOTHING, bound -> dict));
      default -> Optional.empty();
    };
  }

  private static Value hashable(Value key) {
    return key.asKey();
  }

  private static Value view(DictValue dict, String name, DictView.Kind kind) {
    return Method.of(dict, name, NOTHING, bound -> new DictView(dict, kind));
  }
}
