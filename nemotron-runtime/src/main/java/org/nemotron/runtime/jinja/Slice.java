package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The places of a sequence that an index or a slice chooses. */
final class Slice {
  private Slice() {}

  /** Returns the place of {@code index}, from the end where it is negative, or empty if outside. */
  static Optional<Integer> position(long index, int length) {
    long place = index < 0 ? index + length : index;
    return place >= 0 && place < length ? Optional.of((int) place) : Optional.empty();
  }

  /** Returns {@code value[start:stop:step]}; null stands for what was not given. */
  static Value of(Value value, @Nullable Value start, @Nullable Value stop, @Nullable Value step) {
    long by = step == null || step == None.NONE ? 1 : bound(step);
    if (by == 0) {
      throw new JinjaException("slice step cannot be zero");
    }
    int length = value.length();
    long first = place(start, by > 0 ? 0 : length - 1, length, by);
    long end = place(stop, by > 0 ? length : -1, length, by);
    if (value instanceof RangeValue range) {
      return range.sliced(first, end, by);
    }
    List<Integer> places = new ArrayList<>();
    for (long at = first; by > 0 ? at < end : at > end; at += by) {
      places.add((int) at);
    }
    return chosen(value, places);
  }

  private static long place(@Nullable Value given, int otherwise, int length, long step) {
    if (given == null || given == None.NONE) {
      return otherwise;
    }
    long index = bound(given);
    long place = index < 0 ? index + length : index;
    long least = step > 0 ? 0 : -1;
    return Math.max(least, Math.min(place, step > 0 ? length : length - 1));
  }

  private static long bound(Value value) {
    if (!(value instanceof Numeric number) || !number.isIntegral()) {
      throw new JinjaException(
          "slice indices must be integers or None or have an __index__ method");
    }
    BigInteger bound = number.whole();
    return bound.bitLength() < 32 ? bound.longValue() : bound.signum() * (1L << 32);
  }

  private static Value chosen(Value value, List<Integer> places) {
    if (value instanceof Text text) {
      int[] characters = text.value().codePoints().toArray();
      StringBuilder out = new StringBuilder(places.size());
      places.forEach(place -> out.appendCodePoint(characters[place]));
      return text.like(out.toString());
    }
    if (value instanceof SequenceValue sequence) {
      ImmutableList<Value> elements = sequence.elements();
      return sequence.like(
          places.stream().map(elements::get).collect(ImmutableList.toImmutableList()));
    }
    throw new JinjaException("'" + value.typeName() + "' object cannot be sliced");
  }
}
