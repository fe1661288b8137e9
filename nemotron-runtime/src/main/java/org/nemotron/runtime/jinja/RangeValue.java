package org.nemotron.runtime.jinja;

import java.util.Iterator;
import java.util.Optional;
import java.util.stream.IntStream;

/** A range of at most {@value #MAX_LENGTH} numbers, as in the sandbox of Jinja2. */
record RangeValue(long start, long stop, long step, int length) implements Value {
  static final int MAX_LENGTH = 100_000;

  /** Returns {@code range(start, stop, step)}. */
  static RangeValue of(long start, long stop, long step) {
    if (step == 0) {
      throw new JinjaException("range() arg 3 must not be zero");
    }
    double exact = Math.ceil(((double) stop - (double) start) / step);
    if (exact > MAX_LENGTH) {
      throw new JinjaException(
          "Range too big. The sandbox blocks ranges larger than MAX_RANGE (" + MAX_LENGTH + ").");
    }
    return new RangeValue(start, stop, step, (int) Math.max(0, exact));
  }

  Value at(int place) {
    return new Numeric.Int(start + place * step);
  }

  /** Returns the numbers from one place to another. */
  RangeValue sliced(long first, long end, long by) {
    return of(start + first * step, start + end * step, step * by);
  }

  @Override
  public String typeName() {
    return "range";
  }

  @Override
  public boolean truth() {
    return length > 0;
  }

  @Override
  public String repr() {
    return step == 1
        ? "range(" + start + ", " + stop + ")"
        : "range(" + start + ", " + stop + ", " + step + ")";
  }

  @Override
  public int weight() {
    return length + 1;
  }

  @Override
  public boolean hasLength() {
    return true;
  }

  @Override
  public boolean hasItems() {
    return true;
  }

  @Override
  public Optional<Value> item(Value key) {
    if (key instanceof Numeric number && number.isIntegral()) {
      return Slice.position(number.integer(), length).map(this::at);
    }
    return Optional.empty();
  }

  @Override
  public Optional<Value> attribute(String name) {
    return switch (name) {
      case "start" -> Optional.of(new Numeric.Int(start));
      case "stop" -> Optional.of(new Numeric.Int(stop));
      case "step" -> Optional.of(new Numeric.Int(step));
      case "index", "count" -> Optional.of(SequenceMethods.of(this, name));
      default -> Optional.empty();
    };
  }

  @Override
  public boolean isIterable() {
    return true;
  }

  @Override
  public Iterator<Value> iterate() {
    return IntStream.range(0, length).mapToObj(this::at).iterator();
  }
}
