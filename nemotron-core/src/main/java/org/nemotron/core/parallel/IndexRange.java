package org.nemotron.core.parallel;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * Consecutive indices, such as heads, channels or rows of a vocabulary; possibly none. Immutable.
 *
 * @param begin the first
 * @param end behind the last
 */
public record IndexRange(long begin, long end) {
  /** Checks the order. */
  public IndexRange {
    checkArgument(
        begin >= 0 && begin <= end,
        "a range must begin (%s) from 0 and before its end (%s)",
        begin,
        end);
  }

  /** Returns all of {@code count} indices. */
  public static IndexRange all(long count) {
    return new IndexRange(0, count);
  }

  /**
   * Returns the share of one rank of {@code count} indices: {@code [rank * count / degree, (rank +
   * 1) * count / degree)}, rounded down. Shares follow each other, and their sizes differ by one at
   * most.
   *
   * @param degree how many ranks there are
   */
  public static IndexRange share(long count, int rank, int degree) {
    checkArgument(degree > 0, "degree (%s) must be positive", degree);
    checkArgument(rank >= 0 && rank < degree, "rank (%s) must be less than %s", rank, degree);
    return new IndexRange(
        Math.multiplyExact(count, (long) rank) / degree,
        Math.multiplyExact(count, rank + 1L) / degree);
  }

  /** Returns how many indices there are. */
  public long size() {
    return end - begin;
  }

  /** Returns whether there are none. */
  public boolean isEmpty() {
    return begin == end;
  }

  /** Returns the elements of these indices, where each stands for {@code elements} of them. */
  public IndexRange times(long elements) {
    return new IndexRange(begin * elements, end * elements);
  }

  /** Returns the same number of indices from another first one on. */
  IndexRange from(long other) {
    return new IndexRange(other, other + size());
  }
}
