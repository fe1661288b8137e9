package org.nemotron.core.backend.cuda;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.inference.KvCache;
import org.nemotron.core.inference.KvCacheLayout;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Resources;

/** Keys and values on a GPU, in bfloat16; one page more than asked for takes what is not wanted. */
final class CudaKvCache implements KvCache {
  private static final DType DTYPE = DType.BFLOAT16;

  private final int pages;
  private final KvCacheLayout shape;
  private final ImmutableList<Layer> layers;
  private final Resources parts;
  private boolean closed;

  /**
   * What one layer keeps: token by token, the heads of a token side by side.
   *
   * @param stride elements per token, {@code kvHeads * headDim}; with 0 there are no tensors to
   *     read
   */
  record Layer(int stride, CudaTensor keys, CudaTensor values) {}

  CudaKvCache(ModelSpec spec, int pages, Device device) {
    checkArgument(pages > 0, "pages (%s) must be positive", pages);
    this.pages = pages;
    this.shape = KvCacheLayout.of(spec);
    ImmutableList.Builder<Layer> made = ImmutableList.builder();
    try (Resources tensors = new Resources()) {
      shape.strides().forEach(stride -> made.add(layer(stride, device, tensors)));
      this.layers = made.build();
      this.parts = tensors.complete();
    }
  }

  private Layer layer(int stride, Device device, Resources tensors) {
    long[] size = {(long) (pages + 1) * PAGE_TOKENS, stride};
    return new Layer(
        stride,
        tensors.add(CudaTensor.empty(device, DTYPE, size), CudaTensor::close),
        tensors.add(CudaTensor.empty(device, DTYPE, size), CudaTensor::close));
  }

  static long bytesPerPage(ModelSpec spec) {
    return KvCacheLayout.of(spec).bytesPerPage(DTYPE.bytes());
  }

  @Override
  public int pages() {
    return pages;
  }

  /** Returns the page that no sequence has. */
  int sparePage() {
    return pages;
  }

  Layer layer(int index) {
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
