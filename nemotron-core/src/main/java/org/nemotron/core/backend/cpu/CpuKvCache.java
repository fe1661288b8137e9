package org.nemotron.core.backend.cpu;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Resources;

/**
 * Keys and values on the CPU, in float32. The operating system gives the memory as it is first
 * written.
 */
final class CpuKvCache implements AutoCloseable {
  private final int pages;
  private final ImmutableList<Layer> layers;
  private final Resources parts;

  /**
   * What one layer keeps: token by token, the heads of a token side by side.
   *
   * @param stride floats per token, {@code kvHeads * headDim}
   */
  record Layer(int stride, NativeFloats keys, NativeFloats values) {}

  /** Reserves {@code pages} pages. */
  CpuKvCache(ModelSpec spec, int pages) {
    checkArgument(pages > 0, "pages (%s) must be positive", pages);
    this.pages = pages;
    ImmutableList.Builder<Layer> made = ImmutableList.builder();
    try (Resources areas = new Resources()) {
      for (BlockSpec block : spec.blocks()) {
        made.add(layer(KvPages.elementsPerToken(block.attention()), areas));
      }
      this.layers = made.build();
      this.parts = areas.complete();
    }
  }

  private Layer layer(int stride, Resources areas) {
    long floats = Math.max(1, (long) pages * KvPages.PAGE_TOKENS * stride);
    return new Layer(
        stride,
        areas.add(NativeFloats.reserve(floats), NativeFloats::close),
        areas.add(NativeFloats.reserve(floats), NativeFloats::close));
  }

  /** Checks that keys and values are held so on the CPU. */
  static void checkServes(KvFormat format) {
    checkArgument(
        format == KvFormat.USUAL, "format of the KV cache (%s) must be USUAL on the CPU", format);
  }

  /** Returns the memory that one page takes in all layers, in bytes. */
  static long bytesPerPage(ModelSpec spec) {
    return KvPages.bytesPerPage(spec, Float.BYTES);
  }

  int pages() {
    return pages;
  }

  Layer layer(int index) {
    return layers.get(index);
  }

  @Override
  public void close() {
    parts.close();
  }
}
