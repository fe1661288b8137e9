package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import java.util.Optional;

/** What {@code cycler(a, b, …)} returns: its items in turn. */
final class Cycler implements Callable {
  private static final Signature NOTHING = Signature.of();

  private final ImmutableList<Value> items;
  private int at = 0;

  Cycler(ImmutableList<Value> items) {
    if (items.isEmpty()) {
      throw new JinjaException("at least one item has to be provided");
    }
    this.items = items;
  }

  @Override
  public String typeName() {
    return "jinja2.utils.Cycler";
  }

  @Override
  public Optional<Value> attribute(String name) {
    return switch (name) {
      case "current" -> Optional.of(items.get(at));
      case "pos" -> Optional.of(new Numeric.Int(at));
      case "items" -> Optional.of(new SequenceValue.TupleValue(items));
      case "next" -> Optional.of(Method.of(this, name, NOTHING, bound -> next()));
      case "reset" -> Optional.of(Method.of(this, name, NOTHING, bound -> reset()));
      default -> Optional.empty();
    };
  }

  private Value next() {
    Value item = items.get(at);
    at = (at + 1) % items.size();
    return item;
  }

  private Value reset() {
    at = 0;
    return None.NONE;
  }

  @Override
  public Value call(Arguments arguments, Rendering rendering) {
    throw new JinjaException("'Cycler' object is not callable");
  }
}
