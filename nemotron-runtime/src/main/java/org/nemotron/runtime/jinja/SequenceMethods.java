package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import org.nemotron.runtime.jinja.Signature.Bound;

/** The methods that lists, tuples and ranges share. */
final class SequenceMethods {
  private static final Signature COUNT = Signature.of("value").positionalOnly();
  private static final Signature INDEX = Signature.of("value", "start?", "stop?").positionalOnly();

  private SequenceMethods() {}

  /** Returns {@code index} or {@code count} of a sequence. */
  static Method of(Value self, String name) {
    return name.equals("count")
        ? Method.of(self, name, COUNT, bound -> count(self, bound.get(0)))
        : Method.of(self, name, INDEX, bound -> index(self, bound));
  }

  private static Value count(Value self, Value sought) {
    return new Numeric.Int(
        ImmutableList.copyOf(self.iterate()).stream().filter(sought::equals).count());
  }

  private static Value index(Value self, Bound bound) {
    ImmutableList<Value> elements = ImmutableList.copyOf(self.iterate());
    long begin = place(bound.integer(1, 0), elements.size());
    long end = place(bound.integer(2, elements.size()), elements.size());
    for (int at = (int) begin; at < end; at++) {
      if (elements.get(at).equals(bound.get(0))) {
        return new Numeric.Int(at);
      }
    }
    throw new JinjaException("value is not in " + self.typeName());
  }

  private static long place(long index, int length) {
    return Math.max(0, Math.min(length, index < 0 ? index + length : index));
  }
}
