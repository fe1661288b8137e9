package org.nemotron.runtime.jinja;

/** What {@code joiner(sep)} returns: nothing at its first call, the separator from then on. */
final class Joiner implements Callable {
  private final Value separator;
  private boolean used = false;

  Joiner(Value separator) {
    this.separator = separator;
  }

  @Override
  public String typeName() {
    return "jinja2.utils.Joiner";
  }

  @Override
  public Value call(Arguments arguments, Rendering rendering) {
    Value result = used ? separator : Text.EMPTY;
    used = true;
    return result;
  }
}
