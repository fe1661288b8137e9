package org.nemotron.core.checkpoint.gguf;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import java.io.IOException;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.spec.Shapes;

/**
 * A tensor to be written to a GGUF file, made a few rows at a time.
 *
 * @param name as the file spells it
 * @param type how its elements are stored
 * @param shape sizes, slowest dimension first: one or two
 * @param rows where the elements come from
 */
public record GgufTensor(String name, GgufType type, ImmutableList<Long> shape, Rows rows) {
  /** Checks that the type can be written. */
  public GgufTensor {
    checkArgument(type.isWritten(), "tensor %s: type %s can only be read", name, type);
  }

  /** A matrix of which a few rows can be had; a vector counts as one row. */
  interface Rows {
    /**
     * Returns {@code count} rows from row {@code from} on, {@code [count, columns]}, of any real
     * type, owned by the current scope.
     */
    Tensor of(long from, long count) throws IOException;
  }

  long bytes() {
    return type.bytes(shape);
  }

  long columns() {
    return Iterables.getLast(shape);
  }

  long rowCount() {
    return Shapes.elements(shape) / columns();
  }
}
