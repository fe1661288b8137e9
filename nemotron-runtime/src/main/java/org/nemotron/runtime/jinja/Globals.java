package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableMap;
import org.nemotron.runtime.jinja.Signature.Bound;

/** The functions that every template may call. */
final class Globals {
  private static final Signature RANGE = Signature.of("start", "stop?", "step?").positionalOnly();
  private static final Signature MESSAGE = Signature.of("message");
  private static final Signature FORMAT = Signature.of("format");
  private static final Signature SEPARATOR = Signature.of("sep?");

  static final ImmutableMap<String, Value> ALL =
      ImmutableMap.<String, Value>builder()
          .put("range", function("type", (arguments, run) -> range(RANGE.bind("range", arguments))))
          .put("dict", function("type", (arguments, run) -> dict(arguments)))
          .put("namespace", function("type", (arguments, run) -> namespace(arguments)))
          .put("cycler", function("type", (arguments, run) -> new Cycler(arguments.positional())))
          .put("joiner", function("type", (arguments, run) -> joiner(arguments)))
          .put("self", function("TemplateReference", (arguments, run) -> noBlocks()))
          .put("lipsum", function("function", (arguments, run) -> lipsum()))
          .put("raise_exception", function("function", (arguments, run) -> raise(arguments)))
          .put("strftime_now", function("function", Globals::now))
          .buildOrThrow();

  private Globals() {}

  private static Value function(String type, Method.Body body) {
    return Method.function(type, body);
  }

  private static Value range(Bound bound) {
    boolean single = bound.maybe(1).isEmpty();
    return RangeValue.of(
        single ? 0 : bound.integer(0, 0),
        single ? bound.integer(0, 0) : bound.integer(1, 0),
        bound.integer(2, 1));
  }

  private static DictValue dict(Arguments arguments) {
    if (arguments.positional().size() > 1) {
      throw new JinjaException(
          "dict expected at most 1 argument, got " + arguments.positional().size());
    }
    DictValue.Builder builder =
        arguments.positional().isEmpty()
            ? new DictValue.Builder()
            : DictValue.copyOf(arguments.positional().get(0));
    arguments.named().forEach((name, value) -> builder.put(new Text(name), value));
    return builder.build();
  }

  private static Value namespace(Arguments arguments) {
    Namespace namespace = new Namespace();
    dict(arguments).forEach((name, value) -> namespace.set(name.str(), value));
    return namespace;
  }

  private static Value joiner(Arguments arguments) {
    return new Joiner(SEPARATOR.bind("joiner", arguments).maybe(0).orElse(new Text(", ")));
  }

  /** Stands for the blocks of a template, which have no place here: see the parser. */
  private static Value noBlocks() {
    throw new JinjaException("'TemplateReference' object is not callable");
  }

  private static Value lipsum() {
    throw JinjaException.unknown("the function lipsum");
  }

  private static Value raise(Arguments arguments) {
    throw JinjaException.raised(MESSAGE.bind("raise_exception", arguments).get(0).str());
  }

  private static Value now(Arguments arguments, Rendering rendering) {
    return new Text(
        DateText.format(rendering.now(), FORMAT.bind("strftime_now", arguments).text(0)));
  }
}
