package org.nemotron.nas.shard;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * Consecutive numbers. Immutable.
 *
 * @param first the first
 * @param end behind the last
 */
public record Span(int first, int end) {
  /** Checks the order. */
  public Span {
    checkArgument(
        first >= 0 && first <= end, "span (%s to %s) must not end before it begins", first, end);
  }

  /** Returns how many there are. */
  public int size() {
    return end - first;
  }

  /** Returns whether {@code number} is one of them. */
  public boolean contains(int number) {
    return number >= first && number < end;
  }
}
