package org.nemotron.core.backend.cpu;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.inference.KvCache;
import org.nemotron.core.inference.KvCacheLayout;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Resources;

/**
 * Keys and values on the CPU, in float32. The operating system gives the memory as it is first
 * written.
 */
public final class CpuKvCache implements KvCache {
  private final int pages;
  private final KvCacheLayout shape;
  private final ImmutableList<Layer> layers;
  private final Resources parts;
  private boolean closed;

  /**
   * What one layer keeps: token by token, the heads of a token side by side.
   *
   * @param stride floats per token, {@code kvHeads * headDim}
   */
  record Layer(int stride, NativeFloats keys, NativeFloats values) {}

  /** Reserves {@code pages} pages. */
  public CpuKvCache(ModelSpec spec, int pages) {
    checkArgument(pages > 0, "pages (%s) must be positive", pages);
    this.pages = pages;
    this.shape = KvCacheLayout.of(spec);
    ImmutableList.Builder<Layer> made = ImmutableList.builder();
    try (Resources areas = new Resources()) {
      shape.strides().forEach(stride -> made.add(layer(stride, areas)));
      this.layers = made.build();
      this.parts = areas.complete();
    }
  }

  private Layer layer(int stride, Resources areas) {
    long floats = Math.max(1, (long) pages * PAGE_TOKENS * stride);
    return new Layer(
        stride,
        areas.add(NativeFloats.reserve(floats), NativeFloats::close),
        areas.add(NativeFloats.reserve(floats), NativeFloats::close));
  }

  /** Returns the memory that one page takes in all layers, in bytes. */
  public static long bytesPerPage(ModelSpec spec) {
    return KvCacheLayout.of(spec).bytesPerPage(Float.BYTES);
  }

  @Override
  public int pages() {
    return pages;
  }

  public Layer layer(int index) {
    return layers.get(index);
  }

  void checkFits(ModelSpec spec) {
    checkState(!closed, "this memory is closed");
    shape.checkFits(spec);
  }

  @Override
  public void close() {
    closed = true;
    parts.close();
  }
}
