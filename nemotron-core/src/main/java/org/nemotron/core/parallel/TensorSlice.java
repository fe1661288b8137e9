package org.nemotron.core.parallel;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;

/**
 * What one rank holds of a tensor: consecutive indices of one dimension, and all of the others.
 * Immutable.
 *
 * @param dimension 0 for rows, which lie next to each other in a file; 1 for columns, which do not
 * @param range indices in that dimension
 */
public record TensorSlice(int dimension, IndexRange range) {
  /** Checks the dimension. */
  public TensorSlice {
    checkArgument(dimension >= 0, "dimension (%s) must not be negative", dimension);
  }

  /** Returns a slice of rows, the first dimension. */
  public static TensorSlice rows(IndexRange range) {
    return new TensorSlice(0, range);
  }

  /** Returns a slice of columns, the second dimension. */
  public static TensorSlice columns(IndexRange range) {
    return new TensorSlice(1, range);
  }

  /** Returns all of a tensor of this shape, which every rank holds. */
  public static TensorSlice whole(ImmutableList<Long> shape) {
    return rows(IndexRange.all(shape.get(0)));
  }

  /** Returns whether this is all of a tensor of this shape. */
  public boolean isWhole(ImmutableList<Long> shape) {
    return range.size() == shape.get(dimension);
  }

  /**
   * Returns the shape of the slice of a tensor of shape {@code whole}.
   *
   * @throws IllegalArgumentException if the tensor does not reach so far
   */
  public ImmutableList<Long> shape(ImmutableList<Long> whole) {
    checkArgument(
        dimension < whole.size() && range.end() <= whole.get(dimension),
        "a slice up to index %s of dimension %s must lie in the tensor's shape %s",
        range.end(),
        dimension,
        whole);
    ImmutableList.Builder<Long> shape = ImmutableList.builder();
    for (int other = 0; other < whole.size(); other++) {
      shape.add(other == dimension ? (Long) range.size() : whole.get(other));
    }
    return shape.build();
  }
}
