package org.nemotron.core.backend.cuda;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Resources;

/** Keys and values on a GPU, in bfloat16; one page more than asked for takes what is not wanted. */
final class CudaKvCache implements AutoCloseable {
  private static final DType DTYPE = DType.BFLOAT16;

  private final int pages;
  private final ImmutableList<Layer> layers;
  private final Resources parts;

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
    ImmutableList.Builder<Layer> made = ImmutableList.builder();
    try (Resources tensors = new Resources()) {
      for (BlockSpec block : spec.blocks()) {
        made.add(layer(KvPages.elementsPerToken(block.attention()), device, tensors));
      }
      this.layers = made.build();
      this.parts = tensors.complete();
    }
  }

  private Layer layer(int stride, Device device, Resources tensors) {
    long[] size = {(long) (pages + 1) * KvPages.PAGE_TOKENS, stride};
    return new Layer(
        stride,
        tensors.add(CudaTensor.empty(device, DTYPE, size), CudaTensor::close),
        tensors.add(CudaTensor.empty(device, DTYPE, size), CudaTensor::close));
  }

  static long bytesPerPage(ModelSpec spec) {
    return KvPages.bytesPerPage(spec, DTYPE.bytes());
  }

  int pages() {
    return pages;
  }

  /** Returns the page that no sequence has. */
  int sparePage() {
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
