package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;

/**
 * What a call passes.
 *
 * @param positional the arguments without a name, in order
 * @param named the others, in order
 */
record Arguments(ImmutableList<Value> positional, ImmutableMap<String, Value> named) {
  static final Arguments NONE = new Arguments(ImmutableList.of(), ImmutableMap.of());

  /** Returns positional arguments. */
  static Arguments of(Value... values) {
    return new Arguments(ImmutableList.copyOf(values), ImmutableMap.of());
  }

  /** Returns these arguments without the first {@code count} positional ones. */
  Arguments skip(int count) {
    return new Arguments(positional.subList(count, positional.size()), named);
  }

  /** Returns how much there is to read in all of them. */
  long weight() {
    long sum = 0;
    for (Value value : positional) {
      sum += value.weight();
    }
    for (Value value : named.values()) {
      sum += value.weight();
    }
    return sum;
  }
}
