package org.nemotron.core.backend.cpu;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.backend.parallel.RankShare;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.KvPages;
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
   * What one layer keeps: page by page, and in a page head by head. A head's keys in a page are
   * {@code [headDim, PAGE_TOKENS]}, its values {@code [PAGE_TOKENS, headDim]}: so both products of
   * attention are sums of rows, each times a number.
   *
   * @param stride floats per token, {@code kvHeads * headDim}
   */
  record Layer(int stride, NativeFloats keys, NativeFloats values) {
    /** Returns where the keys of a head in a page start, and its values likewise. */
    long start(long page, int kvHead, int headDim) {
      return (page * stride + (long) kvHead * headDim) * KvPages.PAGE_TOKENS;
    }

    /** Writes the key of a head for the token at {@code slot}, {@code [headDim]}. */
    void writeKey(long slot, int kvHead, float[] key, int offset, int headDim) {
      long to = start(slot / KvPages.PAGE_TOKENS, kvHead, headDim) + slot % KvPages.PAGE_TOKENS;
      keys.writeSpaced(to, KvPages.PAGE_TOKENS, key, offset, headDim);
    }

    /** Writes the value of a head for the token at {@code slot}, {@code [headDim]}. */
    void writeValue(long slot, int kvHead, float[] value, int offset, int headDim) {
      long start = start(slot / KvPages.PAGE_TOKENS, kvHead, headDim);
      values.write(start + slot % KvPages.PAGE_TOKENS * headDim, value, offset, headDim);
    }
  }

  /** Reserves {@code pages} pages for the heads that a rank has. */
  CpuKvCache(RankShare share, int pages) {
    checkArgument(pages > 0, "pages (%s) must be positive", pages);
    this.pages = pages;
    ImmutableList.Builder<Layer> made = ImmutableList.builder();
    try (Resources areas = new Resources()) {
      for (int layer = 0; layer < share.spec().layers(); layer++) {
        made.add(layer(share.elementsPerToken(layer), areas));
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
  static long bytesPerPage(RankShare share) {
    return share.bytesPerPage(Float.BYTES);
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
