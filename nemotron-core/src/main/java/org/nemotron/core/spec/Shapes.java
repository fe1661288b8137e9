package org.nemotron.core.spec;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Longs;
import java.util.Collection;

/** Tensor shapes as immutable lists of sizes, slowest dimension first. */
public final class Shapes {
  private Shapes() {}

  /** Returns the shape with these sizes. */
  public static ImmutableList<Long> of(long... sizes) {
    return ImmutableList.copyOf(Longs.asList(sizes));
  }

  /**
   * Returns how many elements a tensor of this shape has; 1 for a scalar.
   *
   * @throws ArithmeticException if there are too many, or, where a size is 0, if the steps from one
   *     element to the next would be too large
   */
  public static long elements(ImmutableList<Long> shape) {
    long unlessEmpty =
        shape.stream().map(size -> Math.max(1, size)).reduce(1L, Math::multiplyExact);
    return shape.contains(0L) ? 0 : unlessEmpty;
  }

  /** Returns how many elements tensors of these shapes have together. */
  public static long elements(Collection<ImmutableList<Long>> shapes) {
    return shapes.stream().mapToLong(Shapes::elements).reduce(0L, Math::addExact);
  }
}
